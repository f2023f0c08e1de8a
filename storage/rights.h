// The rights on a mailbox that an access control list gives (RFC 4314 §2.1): a set of letters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/flags.h"

namespace posthouse::storage {

/// One standard right (RFC 4314 §2.1), or that of RFC 5257.
enum class Right : std::uint16_t {
    lookup = 1,            ///< l: the mailbox is visible to LIST and LSUB, may be subscribed
    read = 2,              ///< r: SELECT, FETCH, SEARCH, COPY from it
    write = 4,             ///< w: flags and keywords but \Seen and \Deleted
    seen = 8,              ///< s: \Seen
    delete_message = 16,   ///< t: \Deleted
    insert = 32,           ///< i: APPEND and COPY into it
    post = 64,             ///< p: mail may be sent to its address
    expunge = 128,         ///< e: EXPUNGE, also as part of CLOSE
    create = 256,          ///< k: mailboxes below it
    delete_mailbox = 512,  ///< x: DELETE, and RENAME away from it
    administer = 1024,     ///< a: its access control list
    annotate = 2048,       ///< n: annotations of messages that all see (RFC 5257 §3.4)
};

/// A set of rights.
class Rights {
  public:
    constexpr Rights() = default;
    constexpr Rights(std::initializer_list<Right> rights) {
        for (const Right right : rights) bits_ = static_cast<std::uint16_t>(bits_ | static_cast<std::uint16_t>(right));
    }
    static constexpr Rights all() { return from_bits(0xfff); }
    /// From letters in any order, also the obsolete ones: c is k and x, d is t and e (RFC 4314 §2.1.1), as Dovecot has
    /// it. Any other character: invalid.
    static Result<Rights> parse(std::string_view letters);

    constexpr bool has(Right right) const { return (bits_ & static_cast<std::uint16_t>(right)) != 0; }
    constexpr bool has_any(Rights rights) const { return (bits_ & rights.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr Rights operator|(Rights other) const { return from_bits(bits_ | other.bits_); }
    constexpr Rights operator-(Rights other) const { return from_bits(bits_ & ~other.bits_); }
    constexpr bool operator==(const Rights&) const = default;

    /// The letters, in the order "lrwstipekxan".
    std::string letters() const;
    /// As MYRIGHTS and ACL responses have them: letters, then the virtual c if k or x is there and d if t or e is, so
    /// that clients of RFC 2086 understand them (RFC 4314 §2.1.1).
    std::string imap_letters() const;

  private:
    static constexpr Rights from_bits(int bits) {
        Rights rights;
        rights.bits_ = static_cast<std::uint16_t>(bits);
        return rights;
    }
    std::uint16_t bits_ = 0;
};

/// The flags that these rights let their user change: w all but \Seen, which is s, and \Deleted, which is t (RFC 4314
/// §2.1).
FlagScope changeable_flags(Rights rights);

}  // namespace posthouse::storage
