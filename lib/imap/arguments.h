// Arguments: reads the tokens of a command one after the other (RFC 3501 §9). The first error sticks: from then on the
// reader is at its end and every further read gives an empty value, so that a parser checks once, when it is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {

/// Reads the arguments of one command, literals embedded (`{n}` CRLF and n bytes).
class Arguments {
  public:
    /// Reads `bytes`, which must outlive this object.
    explicit Arguments(std::string_view bytes, const Limits& limits = {}) : bytes_(bytes), limits_(limits) {}

    /// How much of what may be read.
    const Limits& limits() const { return limits_; }

    bool at_end() const { return position_ >= bytes_.size(); }
    bool failed() const { return error_.has_value(); }
    const std::optional<Error>& error() const { return error_; }
    /// The next byte, or NUL at the end.
    char peek() const { return at_end() ? '\0' : bytes_[position_]; }
    /// All that has not been read.
    std::string_view rest() const { return bytes_.substr(position_); }
    /// Records an error, if it is the first, and goes to the end.
    void fail(std::string text, ErrorCode code = ErrorCode::invalid);

    /// Takes `c` if it is next.
    bool accept(char c);
    /// Takes `word`, without regard to case, if it is next and no atom character follows it.
    bool accept_word(std::string_view word);
    /// Takes `text` exactly as it stands, without regard to case.
    bool accept_text(std::string_view text);
    /// Fails unless `c` is next.
    void expect(char c);
    /// The one SP between arguments; fails with "Missing argument" at the end.
    void space();
    /// Fails if anything is left.
    void end();

    /// One or more ATOM-CHAR.
    std::string_view atom();
    /// The atom that comes next, in upper case: a keyword of the grammar.
    std::string keyword();
    /// Quoted string or literal. 8-bit bytes are allowed in quoted strings too.
    /// Deviates from RFC 3501 §9: because clients send UTF-8 in quoted passwords and search texts.
    std::string string();
    /// Atom with "]", quoted string or literal.
    std::string astring();
    /// NIL, or a string.
    std::optional<std::string> nstring();
    /// list-mailbox: wildcards may stand in the atom.
    std::string list_mailbox();
    /// A mailbox name as sent, INBOX in upper case.
    std::string mailbox();
    /// 0 to 4294967295.
    std::uint32_t number();
    /// 1 to 4294967295.
    std::uint32_t nz_number();
    /// 0 to 2^63 - 1: sizes, and mod-sequence-valzer (RFC 7162 §7).
    std::uint64_t number64();

  private:
    std::string quoted();
    std::string literal();
    std::string_view take_while(bool (*wanted)(char));
    bool next_is_string() const;

    std::string_view bytes_;
    Limits limits_;
    std::size_t position_ = 0;
    std::optional<Error> error_;
};

}  // namespace posthouse::imap
