// HTTP/1.1 messages (RFC 9112) as values, and their wire form, for control sockets and the bridge.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::http {

/// Header fields in their order; names are compared without case (RFC 9110 §5.1).
class Headers {
  public:
    void add(std::string_view name, std::string_view value);
    /// Value of the first field of that name; empty when there is none.
    std::string_view get(std::string_view name) const;
    bool contains(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
    std::string method = "GET";
    std::string target = "/";  ///< as sent: path and query, percent-encoded
    Headers headers;
    std::string body;
    bool keep_alive = true;  ///< the client wants the connection to stay (RFC 9112 §9.3)

    /// The target up to its '?'.
    std::string_view path() const;
    /// The target after its '?'; empty when there is none.
    std::string_view query() const;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    bool keep_alive = true;
};

/// A response with a Content-Type.
Response response(int status, std::string_view content_type, std::string body);

/// The wire form; Content-Length and Connection are added. CR, LF and NUL in names and values become '?'. With
/// `head_only` (the answer to HEAD) the body is left out and its length is told (RFC 9110 §9.3.2).
std::string to_wire(const Response& response, bool head_only = false);
std::string to_wire(const Request& request);

/// The reason phrase of a status, e.g. "Not Found"; "Unknown" for one nobody registered.
std::string_view reason(int status);

}  // namespace posthouse::http
