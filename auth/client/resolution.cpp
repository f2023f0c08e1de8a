// Resolution on the wire.
#include "auth/client/resolution.h"

#include "lib/base/ascii.h"
#include "lib/sasl/tabs.h"

namespace posthouse::auth {

std::string encode(const Resolution& resolution) {
    std::string text;
    for (const Recipient& recipient : resolution.recipients) {
        text += recipient.transport == Recipient::Transport::local ? "local\t" : "remote\t";
        text += sasl::tab_escape(recipient.address);
        if (!recipient.detail.empty()) text += '\t' + sasl::tab_escape(recipient.detail);
        text += '\n';
    }
    return text;
}

Result<Resolution> parse_resolution(std::string_view text) {
    if (text.size() > max_resolution) return fail(ErrorCode::limit, "Resolution too long");
    Resolution resolution;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return fail(ErrorCode::invalid, "Resolution with a line without its end");
        const auto fields = ascii::split(text.substr(0, end), '\t');
        text.remove_prefix(end + 1);
        if (fields.size() < 2 || fields.size() > 3) return fail(ErrorCode::invalid, "Malformed line in a resolution");
        Recipient recipient;
        if (fields[0] == "remote")
            recipient.transport = Recipient::Transport::remote;
        else if (fields[0] != "local")
            return fail(ErrorCode::invalid, "Unknown transport in a resolution");
        Result<std::string> address = sasl::tab_unescape(fields[1]);
        Result<std::string> detail = fields.size() == 3 ? sasl::tab_unescape(fields[2]) : std::string();
        if (!address || !detail || address->empty()) return fail(ErrorCode::invalid, "Malformed field in a resolution");
        recipient.address = std::move(*address);
        recipient.detail = std::move(*detail);
        resolution.recipients.push_back(std::move(recipient));
    }
    if (resolution.recipients.empty()) return fail(ErrorCode::invalid, "Resolution without a recipient");
    return resolution;
}

}  // namespace posthouse::auth
