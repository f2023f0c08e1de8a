// Message data: any division of the same bytes gives the same result, only CRLF.CRLF ends it, and the encoder's output
// is decoded to what was encoded. The first byte chooses policy and piece size.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/smtp/data_decoder.h"
#include "lib/smtp/data_encoder.h"

using namespace posthouse::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

struct Outcome {
    std::string content;
    std::size_t taken = 0;
    bool done = false;
    bool refused = false;
    DataFacts facts;
    bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view wire, const DataPolicy& policy, std::size_t piece) {
    DataDecoder decoder(policy);
    Outcome out;
    while (out.taken < wire.size() && !decoder.done()) {
        out.taken += decoder.feed(wire.substr(out.taken, piece), out.content);
    }
    out.done = decoder.done();
    out.facts = decoder.facts();
    out.refused = decoder.refused();
    require(out.refused == decoder.refusal().has_value());
    if (out.refused) out.content.clear();  // how much was kept before the refusal depends on the pieces
    return out;
}

/// Where the data ends by the RFC's own words: after the first CRLF.CRLF, the CRLF of the DATA command counting.
std::size_t end_of_data(std::string_view wire) {
    const std::string with_command = "\r\n" + std::string(wire);
    const std::size_t found = with_command.find("\r\n.\r\n");
    return found == std::string::npos ? found : found + 3;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t choice = data[0];
    const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
    DataPolicy policy;
    if ((choice & 1) != 0) policy.bare_lf = BareLf::normalize;
    if ((choice & 2) != 0) policy.bare_cr = BareCr::keep;
    if ((choice & 4) != 0) policy.nul = Nul::keep;
    if ((choice & 8) != 0) policy.max_size = 40;

    const Outcome whole = decode(wire, policy, std::string_view::npos);
    require(whole == decode(wire, policy, 1));
    require(whole == decode(wire, policy, 2u + (choice >> 4)));
    const std::size_t end = end_of_data(wire);
    require(whole.done == (end != std::string_view::npos));
    if (whole.done) require(whole.taken == end);
    if (!whole.done || whole.refused) return 0;
    require(whole.content.size() == whole.facts.size);
    require(whole.content.empty() || whole.content.ends_with("\r\n"));

    DataEncoder encoder;
    std::string encoded;
    for (std::size_t at = 0; at < whole.content.size(); at += 3) {
        encoder.feed(std::string_view(whole.content).substr(at, 3), encoded);
    }
    encoder.finish(encoded);
    const Outcome again = decode(encoded, policy, std::string_view::npos);
    require(again.done && again.taken == encoded.size() && again.content == whole.content);
    return 0;
}
