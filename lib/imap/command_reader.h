// Collects one command from lines and literals, without I/O: says after each line what has to be read next, and keeps
// the bounds on length, number and sum of literals (RFC 3501 §2.2.1, RFC 7888).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/imap/append_command.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {

/// The announcement of a literal at the end of a line: {n}, {n+} (LITERAL+, RFC 7888 §4) or ~{n} (literal8, RFC 3516).
struct LiteralAnnouncement {
    std::uint64_t size = 0;
    bool synchronizing = true;  ///< the client waits for a continuation request before it sends the bytes
    bool binary = false;        ///< ~{n}: may hold NUL
    std::size_t length = 0;     ///< of the announcement itself, in bytes
};

/// What `line` (without its CRLF) announces at its end; nullopt when it ends the command. A size that does not fit
/// 63 bits is an error (limit).
Result<std::optional<LiteralAnnouncement>> literal_at_end(std::string_view line);

/// How large a command may be.
struct CommandBounds {
    std::size_t text;         ///< all bytes outside literals
    std::size_t literal_sum;  ///< all bytes inside literals which are kept in memory
    std::size_t literals;     ///< their number
    bool messages;            ///< APPEND's message may be streamed
    Limits limits{};          ///< of the arguments in front of such a message
};
/// Before login a stranger gets what LOGIN and AUTHENTICATE need, and no more.
inline constexpr CommandBounds kBoundsBeforeLogin{8U << 10, 8U << 10, 4, false};
/// After login, when the administrator says nothing else.
inline constexpr CommandBounds kBoundsAfterLogin{64U << 10, 256U << 10, 500, true};

/// The bytes of one command, with its literals in place: `a1 LOGIN {4}` CRLF `fred bar` without the last CRLF.
class CommandReader {
  public:
    explicit CommandReader(CommandBounds bounds) : bounds_(bounds) {}

    /// The command is complete: parse bytes().
    struct Complete {};
    /// Read `size` bytes next, then a line. Where they go:
    struct ReadLiteral {
        enum class Destination {
            command,  ///< add_literal
            message,  ///< APPEND's message: streamed to the mailbox, then message_done()
            discard,  ///< the command is refused already, but the client sends the bytes anyway
        };
        std::uint64_t size = 0;
        bool synchronizing = false;
        bool binary = false;
        Destination destination = Destination::command;
    };
    /// The command was over a bound, and the client's bytes for it have ended.
    struct Refused {
        Error error;
    };
    using Next = std::variant<Complete, ReadLiteral, Refused>;

    /// Takes the next line, without its CRLF.
    Next add_line(std::string_view line);
    /// Takes the bytes of the literal that add_line asked for.
    void add_literal(std::string_view bytes);
    /// APPEND's message, or a part of it, was streamed (or discarded): what follows is collected as a section of its
    /// own (append_command.h), within bounds of its own. `place`: where it stood.
    void message_done(AppendPlace place = AppendPlace::message);
    /// Refuses the command from outside (a message that was not wanted, a line too long for the buffer).
    void refuse(Error error);

    /// All of the command, or all of it since the last message_done.
    const std::string& bytes() const { return bytes_; }
    /// Literals kept so far; a streamed message does not count.
    std::size_t literals() const { return literals_; }
    /// Ready for the next command, perhaps with other bounds.
    void reset(CommandBounds bounds);

  private:
    /// The literal announced at the end of what was read holds octets of a message.
    bool is_at_message() const;

    CommandBounds bounds_;
    std::string bytes_;
    std::size_t text_ = 0;
    std::size_t literal_sum_ = 0;
    std::size_t literals_ = 0;
    std::optional<Error> refused_;
    std::optional<AppendPlace> streamed_;  ///< where the last literal stood that was streamed
};

}  // namespace posthouse::imap
