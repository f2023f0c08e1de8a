// The messages of SCRAM.
#include "lib/sasl/scram_message.h"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/sasl/saslprep.h"

namespace posthouse::sasl {
namespace {

std::unexpected<Error> malformed() { return fail(ErrorCode::invalid, "Malformed SCRAM message"); }

// Removes `name=value` with the comma behind it, if there is one.
std::optional<std::string_view> take_attribute(std::string_view& text, char name) {
    if (text.size() < 2 || text[0] != name || text[1] != '=') return std::nullopt;
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view value = text.substr(2, comma - 2);
    text.remove_prefix(std::min(comma + 1, text.size()));
    return value;
}

// printable = %x21-2B / %x2D-7E
bool is_nonce(std::string_view text) {
    return !text.empty() && text.size() <= scram_max_nonce &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ','; });
}

// Extensions that nobody knows are ignored; each is a letter, `=` and a value.
bool are_extensions(std::string_view text) {
    while (!text.empty()) {
        if (!ascii::is_alpha(text.front()) || !take_attribute(text, text.front())) return false;
    }
    return true;
}

}  // namespace

Result<ScramClientFirst> parse_scram_client_first(std::string_view message) {
    if (message.find('\0') != std::string_view::npos) return malformed();
    Result<Gs2Header> header = parse_gs2_header(message);
    if (!header) return fail(header.error());
    ScramClientFirst first;
    first.header_text = message.substr(0, header->length);
    first.header = std::move(*header);
    std::string_view rest = message.substr(first.header.length);
    first.bare = rest;
    if (rest.starts_with("m=")) return fail(ErrorCode::invalid, "SCRAM message with a mandatory extension");
    const std::optional<std::string_view> user = take_attribute(rest, 'n');
    const std::optional<std::string_view> nonce = user ? take_attribute(rest, 'r') : std::nullopt;
    if (!nonce || !is_nonce(*nonce) || !are_extensions(rest)) return malformed();
    Result<std::string> name = decode_saslname(*user);
    if (name) name = saslprep(*name);
    if (!name) return fail(name.error());
    if (name->empty()) return malformed();
    first.user = std::move(*name);
    first.nonce = *nonce;
    return first;
}

Result<ScramClientFinal> parse_scram_client_final(std::string_view message) {
    if (message.find('\0') != std::string_view::npos) return malformed();
    // The proof is the last, and has no comma in it.
    const auto comma = message.rfind(',');
    if (comma == std::string_view::npos || !message.substr(comma).starts_with(",p=")) return malformed();
    ScramClientFinal final;
    final.without_proof = message.substr(0, comma);
    std::optional<std::string> proof = base64::decode(message.substr(comma + 3));
    std::string_view rest = final.without_proof;
    const std::optional<std::string_view> binding = take_attribute(rest, 'c');
    const std::optional<std::string_view> nonce = binding ? take_attribute(rest, 'r') : std::nullopt;
    if (!proof || proof->empty() || !nonce || nonce->empty() || !are_extensions(rest)) return malformed();
    std::optional<std::string> bound = base64::decode(*binding);
    if (!bound) return malformed();
    final.channel_binding = std::move(*bound);
    final.nonce = *nonce;
    final.proof = std::move(*proof);
    return final;
}

std::string scram_server_first(std::string_view nonce, std::string_view salt, std::uint64_t iterations) {
    return "r=" + std::string(nonce) + ",s=" + base64::encode(salt) + ",i=" + std::to_string(iterations);
}

std::string scram_server_final(std::string_view signature) { return "v=" + base64::encode(signature); }

}  // namespace posthouse::sasl
