// The Postfix policy delegation protocol (SMTPD_POLICY_README): requests of name=value lines, answers of one action.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::policy {

/// Longest line of a request or answer, LF excluded: Postfix sends none over 2,048 bytes by default
/// (line_length_limit).
inline constexpr std::size_t max_line_octets = 8192;
/// Most attributes of a request: Postfix 3.9 sends about 40.
inline constexpr std::size_t max_attributes = 128;
/// Most bytes of one request: lines and attributes at their bounds would be a megabyte.
inline constexpr std::size_t max_request_octets = 65'536;

/// A question: attributes in their order, e.g. request=smtpd_access_policy, protocol_state=RCPT, recipient=….
class Request {
  public:
    /// Adds an attribute; CR, LF and NUL in it become '?', '=' in the name too.
    void add(std::string_view name, std::string_view value);
    /// The value of the first attribute of that name; empty when there is none (which Postfix means by empty, too).
    std::string_view get(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& attributes() const { return attributes_; }

  private:
    std::vector<std::pair<std::string, std::string>> attributes_;
};

/// The answer, an action of access(5): "DUNNO", "REJECT 5.2.2 Mailbox full", "DEFER_IF_PERMIT …".
struct Reply {
    std::string action;
};

/// The request as it goes over the wire, its empty line included.
std::string to_wire(const Request& request);
/// "action=…" and the empty line. CR, LF and NUL in the action become '?'.
std::string to_wire(const Reply& reply);

/// Collects one block of name=value lines up to its empty line.
class BlockReader {
  public:
    /// Takes the next line (its LF, and a CR before it, already cut or not). True: the block is complete, take() it.
    /// invalid: not name=value; limit: too long or too many. After a failure the connection should be closed.
    Result<bool> add_line(std::string_view line);
    /// The complete block; the reader is empty again.
    Request take();

  private:
    Request block_;
    std::size_t octets_ = 0;
};

/// The answer out of a complete block; invalid when it has no action.
Result<Reply> to_reply(const Request& block);

}  // namespace posthouse::policy
