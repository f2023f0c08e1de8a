// Message-IDs, and the lists of them in References and In-Reply-To (RFC 5322 §3.6.4, §4.5.4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Finds the ids of a field one by one.
class MessageIdReader {
  public:
    explicit MessageIdReader(std::string_view value) : value_(value) {}

    /// What stands between the next angle brackets, as sent; empty at the end. Of "<a<b>" it is b.
    std::string_view next();

  private:
    std::string_view value_;
    std::size_t position_ = 0;
};

/// The id in a Message-ID or Content-ID field; one without angle brackets is taken as it is.
std::optional<std::string> parse_message_id(std::string_view value);

/// An id in the one form in which equal ids have equal bytes (RFC 5256 §3): without white space, and without quotes and
/// what they make necessary. <"a"@example.org> is <a@example.org>.
std::string normal_message_id(std::string_view id);

}  // namespace posthouse::mime
