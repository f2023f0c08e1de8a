// Postfix socketmap and its netstrings.
#include "lib/sasl/socketmap.h"

#include "lib/base/ascii.h"

namespace posthouse::sasl {

Result<std::optional<std::string>> NetstringReader::next() {
    std::size_t length = 0;
    std::size_t at = start_;
    for (; at < buffer_.size() && ascii::is_digit(buffer_[at]); ++at) {
        if (at > start_ && length == 0) return fail(ErrorCode::invalid, "Netstring length with a leading zero");
        length = length * 10 + static_cast<std::size_t>(buffer_[at] - '0');
        if (length > max_payload_) return fail(ErrorCode::limit, "Netstring too long");
    }
    if (at == buffer_.size()) return std::nullopt;
    if (at == start_ || buffer_[at] != ':') return fail(ErrorCode::invalid, "No netstring");
    const std::size_t payload = at + 1;
    if (buffer_.size() - payload <= length) return std::nullopt;
    if (buffer_[payload + length] != ',') return fail(ErrorCode::invalid, "Netstring without its comma");
    std::string out = buffer_.substr(payload, length);
    start_ = payload + length + 1;
    // Taken bytes are dropped once they are half of the buffer, so that many short netstrings cost linear time.
    if (start_ * 2 >= buffer_.size()) {
        buffer_.erase(0, start_);
        start_ = 0;
    }
    return out;
}

std::string encode_netstring(std::string_view payload) {
    std::string out = std::to_string(payload.size());
    out.reserve(out.size() + payload.size() + 2);
    out += ':';
    out += payload;
    out += ',';
    return out;
}

Result<SocketmapRequest> parse_socketmap_request(std::string_view payload) {
    const auto space = payload.find(' ');
    if (space == std::string_view::npos || space == 0) return fail(ErrorCode::invalid, "Request without map and key");
    return SocketmapRequest{std::string(payload.substr(0, space)), std::string(payload.substr(space + 1))};
}

std::string encode(const SocketmapRequest& request) { return encode_netstring(request.map + ' ' + request.key); }

Result<SocketmapReply> parse_socketmap_reply(std::string_view payload) {
    using enum SocketmapReply::Status;
    const auto space = payload.find(' ');
    const std::string_view status = payload.substr(0, space);
    std::string text(space == std::string_view::npos ? std::string_view() : payload.substr(space + 1));
    if (status == "OK") return SocketmapReply{ok, std::move(text)};
    if (status == "NOTFOUND") return SocketmapReply{not_found, std::move(text)};
    if (status == "TEMP" || status == "TIMEOUT") return SocketmapReply{temporary, std::move(text)};
    if (status == "PERM") return SocketmapReply{permanent, std::move(text)};
    return fail(ErrorCode::invalid, "Unknown socketmap reply");
}

std::string encode(const SocketmapReply& reply) {
    std::string_view status;
    switch (reply.status) {
        case SocketmapReply::Status::ok:
            status = "OK ";
            break;
        case SocketmapReply::Status::not_found:
            status = "NOTFOUND ";
            break;
        case SocketmapReply::Status::temporary:
            status = "TEMP ";
            break;
        case SocketmapReply::Status::permanent:
            status = "PERM ";
            break;
    }
    return encode_netstring(std::string(status) + reply.text);
}

}  // namespace posthouse::sasl
