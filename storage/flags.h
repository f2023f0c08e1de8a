// A message's flags: the five system flags and its keywords (RFC 9051 §2.3.2). \Recent is not here: it belongs to a
// session's View.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::storage {

/// The system flags that are kept (RFC 9051 §2.3.2).
enum class Flag : std::uint8_t { answered = 1, flagged = 2, deleted = 4, seen = 8, draft = 16 };

/// A set of system flags.
class SystemFlags {
  public:
    constexpr SystemFlags() = default;
    constexpr SystemFlags(std::initializer_list<Flag> flags) {
        for (const Flag flag : flags) set(flag);
    }
    constexpr bool has(Flag flag) const { return (bits_ & static_cast<std::uint8_t>(flag)) != 0; }
    constexpr void set(Flag flag) { bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(flag)); }
    constexpr void clear(Flag flag) { bits_ = static_cast<std::uint8_t>(bits_ & ~static_cast<std::uint8_t>(flag)); }
    constexpr std::uint8_t bits() const { return bits_; }
    static constexpr SystemFlags all() { return from_bits(0x1f); }
    static constexpr SystemFlags from_bits(std::uint8_t bits) {
        SystemFlags flags;
        flags.bits_ = bits & 0x1f;
        return flags;
    }
    constexpr bool operator==(const SystemFlags&) const = default;

  private:
    std::uint8_t bits_ = 0;
};

/// Longest keyword that is taken: what other servers take as well.
constexpr std::size_t max_keyword_bytes = 255;

/// A set of keywords, compared without regard to ASCII case; the spelling first used in a mailbox stays. Cheap to copy:
/// messages with equal keywords share one list.
class Keywords {
  public:
    Keywords() = default;
    /// Sorts and drops doubles. A name that isn't an atom of printable ASCII of at most max_keyword_bytes: invalid.
    static Result<Keywords> make(std::vector<std::string> names);

    bool empty() const { return names_ == nullptr; }
    bool contains(std::string_view name) const;
    /// The names, sorted without regard to case.
    const std::vector<std::string>& names() const;
    bool operator==(const Keywords& other) const;

  private:
    std::shared_ptr<const std::vector<std::string>> names_;  ///< null when empty
};

/// All flags of a message.
struct Flags {
    SystemFlags system;
    Keywords keywords;
    bool operator==(const Flags&) const = default;
};

/// Of a message's flags those that somebody may change.
struct FlagScope {
    SystemFlags system = SystemFlags::all();
    bool keywords = true;

    /// Those of `flags` that are in it.
    Flags of(const Flags& flags) const;
    /// `now` where the scope reaches, `before` where it doesn't.
    SystemFlags merged(SystemFlags before, SystemFlags now) const;
    bool operator==(const FlagScope&) const = default;
};

/// How STORE combines (RFC 9051 §6.4.6): FLAGS, +FLAGS, -FLAGS.
enum class FlagAction { replace, add, remove };

/// One STORE's wish.
struct FlagChange {
    FlagAction action = FlagAction::replace;
    Flags flags;
    FlagScope scope = {};  ///< outside of it a message keeps what it has
};

}  // namespace posthouse::storage
