// The GS2 header.
#include "lib/sasl/gs2.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::sasl {
namespace {

std::unexpected<Error> malformed() { return fail(ErrorCode::invalid, "Malformed GS2 header of a SASL message"); }

// cb-name = 1*(ALPHA / DIGIT / "." / "-")
bool is_binding_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-'; });
}

}  // namespace

Result<std::string> decode_saslname(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ',' || text[i] == '\0') return fail(ErrorCode::invalid, "Malformed name in a SASL message");
        if (text[i] != '=') {
            out += text[i];
            continue;
        }
        const std::string_view code = text.substr(i, 3);
        if (code != "=2C" && code != "=3D") return fail(ErrorCode::invalid, "Malformed name in a SASL message");
        out += code == "=2C" ? ',' : '=';
        i += 2;
    }
    if (out.empty() || !ascii::is_utf8(out)) return fail(ErrorCode::invalid, "Malformed name in a SASL message");
    return out;
}

Result<Gs2Header> parse_gs2_header(std::string_view message) {
    Gs2Header header;
    const auto first = message.find(',');
    const auto second = first == std::string_view::npos ? first : message.find(',', first + 1);
    if (second == std::string_view::npos) return malformed();
    const std::string_view flag = message.substr(0, first);
    const std::string_view authzid = message.substr(first + 1, second - first - 1);
    // A gs2-nonstd-flag, "F", is for GSS-API mechanisms.
    if (flag == "n") {
        header.flag = BindingFlag::not_supported;
    } else if (flag == "y") {
        header.flag = BindingFlag::not_offered;
    } else if (flag.starts_with("p=") && is_binding_name(flag.substr(2))) {
        header.flag = BindingFlag::used;
        header.binding = flag.substr(2);
    } else {
        return malformed();
    }
    if (!authzid.empty()) {
        if (!authzid.starts_with("a=")) return malformed();
        Result<std::string> name = decode_saslname(authzid.substr(2));
        if (!name) return fail(name.error());
        header.authorization_id = std::move(*name);
    }
    header.length = second + 1;
    return header;
}

}  // namespace posthouse::sasl
