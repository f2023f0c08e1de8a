// Chunks: whatever their sizes, the stream stays in step, any division gives the same content and replies, and what is
// kept is within its bound. Input: a byte that chooses the policy, then per chunk a byte for its size and kind.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/smtp/chunking.h"

using namespace posthouse::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

struct Outcome {
    std::string content;
    std::vector<std::string> replies;
    DataFacts facts;
    bool refused = false;
    bool operator==(const Outcome&) const = default;
};

Outcome receive(std::string_view input, const DataPolicy& policy, std::optional<Body> body, std::size_t piece) {
    ChunkReceiver receiver(policy, body);
    Outcome out;
    bool finished = false;
    while (!input.empty()) {
        const auto choice = static_cast<std::uint8_t>(input.front());
        input.remove_prefix(1);
        const Bdat chunk{.size = choice & 0x3fU, .last = (choice & 0x40U) != 0};
        std::optional<Reply> refused;
        if ((choice & 0x80U) != 0 && (choice & 0x3fU) == 0x3fU) refused = Reply(452, "4.3.1", "full");
        receiver.begin(chunk, std::move(refused));
        require(receiver.remaining() == chunk.size);
        if (input.size() < chunk.size) break;
        std::size_t at = 0;
        while (receiver.remaining() != 0) {
            const std::size_t taken = receiver.feed(input.substr(at, piece), out.content);
            require(taken > 0);
            at += taken;
        }
        require(at == chunk.size);
        require(receiver.feed(input.substr(at), out.content) == 0);
        input.remove_prefix(at);
        const auto reply = receiver.end(out.content);
        require(reply.has_value() || (chunk.last && !finished));
        finished = finished || chunk.last;
        require(receiver.finished() == finished);
        out.replies.push_back(reply ? reply->to_wire() : "");
        out.refused = out.refused || (reply && !reply->positive());
    }
    out.facts = receiver.facts();
    require(out.content.size() <= policy.max_size || out.facts.size > policy.max_size);
    if (out.refused) out.content.clear();  // how much was kept before the refusal depends on the pieces
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t choice = data[0];
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    DataPolicy policy;
    if ((choice & 1) != 0) policy.bare_lf = BareLf::normalize;
    if ((choice & 2) != 0) policy.bare_cr = BareCr::keep;
    if ((choice & 4) != 0) policy.nul = Nul::keep;
    if ((choice & 8) != 0) policy.max_size = 40;
    const auto body = (choice & 16) != 0 ? std::optional(Body::binary_mime) : std::nullopt;
    const Outcome whole = receive(input, policy, body, std::string_view::npos);
    require(whole == receive(input, policy, body, 1));
    require(whole == receive(input, policy, body, 2u + (choice >> 5)));
    return 0;
}
