// Resolution on the wire.
#include "auth/client/resolution.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/sasl/tabs.h"

namespace posthouse::auth {
namespace {

using Transport = Recipient::Transport;

constexpr std::array<std::pair<Transport, std::string_view>, 3> words{
    {{Transport::local, "local"}, {Transport::remote, "remote"}, {Transport::relay, "relay"}}};
constexpr std::string_view quota_word = "quota";

}  // namespace

std::string encode(const Resolution& resolution) {
    std::string text;
    for (const std::string& list : resolution.restricted_lists) text += "list\t" + sasl::tab_escape(list) + '\n';
    for (const std::string& list : resolution.open_lists) text += "open\t" + sasl::tab_escape(list) + '\n';
    for (const DeadEnd& dead : resolution.dead_ends) {
        text += "nobody\t" + sasl::tab_escape(dead.address);
        if (!dead.owner.empty()) text += '\t' + sasl::tab_escape(dead.owner);
        text += '\n';
    }
    if (resolution.role) text += "role\n";
    for (const Recipient& recipient : resolution.recipients) {
        std::vector<std::string_view> fields{recipient.address};
        if (recipient.transport == Transport::local) fields.push_back(recipient.detail);
        fields.insert(fields.end(), {recipient.route, recipient.owner});
        if (recipient.quota) fields.push_back(quota_word);
        while (fields.back().empty()) fields.pop_back();
        text += words[static_cast<std::size_t>(recipient.transport)].second;
        for (const std::string_view field : fields) text += '\t' + sasl::tab_escape(field);
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
        const auto field = [&](std::size_t i) {
            return i < fields.size() ? sasl::tab_unescape(fields[i]) : Result<std::string>(std::string());
        };
        if (fields.size() == 1 && fields[0] == "role") {
            resolution.role = true;
            continue;
        }
        Result<std::string> address = field(1);
        if (!address || address->empty()) return fail(ErrorCode::invalid, "Malformed field in a resolution");
        if (fields[0] == "list" || fields[0] == "open") {
            if (fields.size() != 2) return fail(ErrorCode::invalid, "Malformed line in a resolution");
            (fields[0] == "list" ? resolution.restricted_lists : resolution.open_lists).push_back(std::move(*address));
            continue;
        }
        if (fields[0] == "nobody") {
            Result<std::string> owner = field(2);
            if (fields.size() > 3 || !owner) return fail(ErrorCode::invalid, "Malformed line in a resolution");
            resolution.dead_ends.push_back({std::move(*address), std::move(*owner)});
            continue;
        }
        const auto* const word = std::ranges::find(words, fields[0], &std::pair<Transport, std::string_view>::second);
        if (word == words.end()) return fail(ErrorCode::invalid, "Unknown transport in a resolution");
        const bool local = word->first == Transport::local;
        const std::size_t details = local ? 1 : 0;
        const bool quota = local && fields.size() == 6 && fields[5] == quota_word;
        if (fields.size() > 4 + details + (quota ? 1 : 0))
            return fail(ErrorCode::invalid, "Malformed line in a resolution");
        Result<std::string> detail = details > 0 ? field(2) : std::string();
        Result<std::string> route = field(2 + details);
        Result<std::string> owner = field(3 + details);
        if (!detail || !route || !owner) return fail(ErrorCode::invalid, "Malformed field in a resolution");
        Recipient recipient;
        recipient.transport = word->first;
        recipient.address = std::move(*address);
        recipient.detail = std::move(*detail);
        recipient.route = std::move(*route);
        recipient.owner = std::move(*owner);
        recipient.quota = quota;
        resolution.recipients.push_back(std::move(recipient));
    }
    if (resolution.recipients.empty()) return fail(ErrorCode::invalid, "Resolution without a recipient");
    return resolution;
}

}  // namespace posthouse::auth
