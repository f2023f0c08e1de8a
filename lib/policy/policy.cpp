// Codec of the Postfix policy delegation protocol.
#include "lib/policy/policy.h"

namespace posthouse::policy {
namespace {

std::string clean(std::string_view text, bool is_name) {
    std::string result(text);
    for (char& c : result)
        if (c == '\r' || c == '\n' || c == '\0' || (is_name && c == '=')) c = '?';
    return result;
}

}  // namespace

void Request::add(std::string_view name, std::string_view value) {
    attributes_.emplace_back(clean(name, true), clean(value, false));
}

std::string_view Request::get(std::string_view name) const {
    for (const auto& [key, value] : attributes_)
        if (key == name) return value;
    return {};
}

std::string to_wire(const Request& request) {
    std::string wire;
    for (const auto& [name, value] : request.attributes()) wire.append(name).append("=").append(value).append("\n");
    wire += '\n';
    return wire;
}

std::string to_wire(const Reply& reply) { return "action=" + clean(reply.action, false) + "\n\n"; }

Result<bool> BlockReader::add_line(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return true;
    if (line.size() > max_line_octets) return fail(ErrorCode::limit, "Attribute too long");
    octets_ += line.size() + 1;
    if (octets_ > max_request_octets || block_.attributes().size() == max_attributes)
        return fail(ErrorCode::limit, "Too many attributes");
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return fail(ErrorCode::invalid, "Expected name=value");
    block_.add(line.substr(0, equals), line.substr(equals + 1));
    return false;
}

Request BlockReader::take() {
    octets_ = 0;
    return std::exchange(block_, {});
}

Result<Reply> to_reply(const Request& block) {
    const std::string_view action = block.get("action");
    if (action.empty()) return fail(ErrorCode::invalid, "Policy answer without an action");
    return Reply{std::string(action)};
}

}  // namespace posthouse::policy
