// HTTP messages: header look-up, and the serialiser.
#include "lib/http/message.h"

#include "lib/base/ascii.h"

namespace posthouse::http {
namespace {

void append_clean(std::string& wire, std::string_view text) {
    for (const char c : text) wire += c == '\r' || c == '\n' || c == '\0' ? '?' : c;
}

/// The fields, but those which the serialiser writes itself.
void append_fields(std::string& wire, const Headers& headers) {
    for (const auto& [name, value] : headers.fields()) {
        if (ascii::iequals(name, "Content-Length") || ascii::iequals(name, "Connection") ||
            ascii::iequals(name, "Transfer-Encoding"))
            continue;
        append_clean(wire, name);
        wire += ": ";
        append_clean(wire, value);
        wire += "\r\n";
    }
}

/// RFC 9110 §8.6: no Content-Length with 1xx and 204.
bool has_length(int status) { return status >= 200 && status != 204; }

}  // namespace

void Headers::add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (ascii::iequals(key, name)) return value;
    return {};
}

bool Headers::contains(std::string_view name) const {
    for (const auto& field : fields_)
        if (ascii::iequals(field.first, name)) return true;
    return false;
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

Response response(int status, std::string_view content_type, std::string body) {
    Response result;
    result.status = status;
    result.headers.add("Content-Type", content_type);
    result.body = std::move(body);
    return result;
}

std::string to_wire(const Response& response, bool head_only) {
    std::string wire = "HTTP/1.1 " + std::to_string(response.status) + " ";
    wire += reason(response.status);
    wire += "\r\n";
    append_fields(wire, response.headers);
    if (has_length(response.status)) wire += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    if (!response.keep_alive) wire += "Connection: close\r\n";
    wire += "\r\n";
    if (!head_only && has_length(response.status)) wire += response.body;
    return wire;
}

std::string to_wire(const Request& request) {
    std::string wire;
    append_clean(wire, request.method);
    wire += ' ';
    append_clean(wire, request.target);
    wire += " HTTP/1.1\r\n";
    if (!request.headers.contains("Host")) wire += "Host: localhost\r\n";
    append_fields(wire, request.headers);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        wire += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    if (!request.keep_alive) wire += "Connection: close\r\n";
    wire += "\r\n";
    wire += request.body;
    return wire;
}

}  // namespace posthouse::http
