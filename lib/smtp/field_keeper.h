// One field of a message's header, kept while the message comes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::smtp {

/// Keeps the value of the first field of a name (RFC 5322 §2.2) out of content that comes in pieces of any size.
class FieldKeeper {
  public:
    /// Of a longer value its beginning is kept.
    static constexpr std::size_t max_value = 998;

    /// `name` with its colon: "Message-ID:".
    explicit FieldKeeper(std::string name) : name_(std::move(name)) {}

    /// Takes decoded content (lines ending in CRLF or LF). Behind the header, or when the field is whole, this costs
    /// nothing.
    void feed(std::string_view content);
    /// As it came, unfolded by leaving out CR and LF; empty: there was none yet.
    const std::string& value() const { return value_; }

  private:
    enum class Where { name, value, other_line, end };

    void take(char c);
    void begin_line(char c);

    std::string name_;
    std::string begun_;  ///< of the present line, as far as it may be the name
    std::string value_;
    Where where_ = Where::name;
    bool line_begins_ = false;
};

}  // namespace posthouse::smtp
