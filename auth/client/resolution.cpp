// Resolution on the wire.
#include "auth/client/resolution.h"

#include "lib/base/ascii.h"
#include "lib/sasl/tabs.h"

namespace posthouse::auth {

std::string encode(const Resolution& resolution) {
    std::string text;
    for (const Recipient& recipient : resolution.recipients) {
        const bool local = recipient.transport == Recipient::Transport::local;
        text += local ? "local\t" : "remote\t";
        text += sasl::tab_escape(recipient.address);
        if (local && !(recipient.detail.empty() && recipient.route.empty()))
            text += '\t' + sasl::tab_escape(recipient.detail);
        if (!recipient.route.empty()) text += '\t' + sasl::tab_escape(recipient.route);
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
        const bool local = fields[0] == "local";
        if (!local && fields[0] != "remote") return fail(ErrorCode::invalid, "Unknown transport in a resolution");
        if (fields.size() < 2 || fields.size() > (local ? 4u : 3u))
            return fail(ErrorCode::invalid, "Malformed line in a resolution");
        const auto field = [&](std::size_t i) {
            return i < fields.size() ? sasl::tab_unescape(fields[i]) : Result<std::string>(std::string());
        };
        Result<std::string> address = field(1);
        Result<std::string> detail = local ? field(2) : std::string();
        Result<std::string> route = field(local ? 3 : 2);
        if (!address || !detail || !route || address->empty())
            return fail(ErrorCode::invalid, "Malformed field in a resolution");
        Recipient recipient;
        recipient.transport = local ? Recipient::Transport::local : Recipient::Transport::remote;
        recipient.address = std::move(*address);
        recipient.detail = std::move(*detail);
        recipient.route = std::move(*route);
        resolution.recipients.push_back(std::move(recipient));
    }
    if (resolution.recipients.empty()) return fail(ErrorCode::invalid, "Resolution without a recipient");
    return resolution;
}

}  // namespace posthouse::auth
