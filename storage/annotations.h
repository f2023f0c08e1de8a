// The annotations of a mailbox, or of an account as a whole (RFC 5464), and the text in which a file keeps them. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::storage {

/// The name of an entry (RFC 5464 §3.2): "/private/comment", "/shared/vendor/acme/colour". In lower case, for case
/// doesn't matter.
class EntryName {
  public:
    /// invalid: doesn't begin with /private/ or /shared/, an empty component, "*", "%", control characters, not ASCII;
    /// limit: more than 255 bytes.
    static Result<EntryName> parse(std::string_view text);
    const std::string& text() const { return text_; }
    /// Each user has a value of his own.
    bool is_private() const;
    auto operator<=>(const EntryName&) const = default;

  private:
    explicit EntryName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Whose values of private entries: an address, or nothing for the owner of the mailbox (whose address may change).
using AnnotationUser = std::optional<std::string>;

/// One entry's value, any octets.
struct Annotation {
    EntryName name;
    AnnotationUser user;  ///< of a private entry
    std::string value;
};

/// All of one mailbox.
class Annotations {
  public:
    static constexpr std::size_t max_value_bytes = 64u << 10;
    static constexpr std::size_t max_user_bytes = 512;
    /// Of the owner and of all together; and once more of all readers together, so that none of them takes anything
    /// from the owner.
    static constexpr std::size_t max_entries = 1000;
    static constexpr std::size_t max_total_bytes = 1u << 20;  ///< of names, users and values together
    /// Of each reader.
    static constexpr std::size_t max_reader_entries = 64;
    static constexpr std::size_t max_reader_bytes = 64u << 10;

    /// From a file's text. What is readable of a damaged one is taken.
    static Annotations parse(std::string_view text);
    /// The file's text.
    std::string text() const;
    /// The text it was made from wasn't whole, or held what can't be an entry.
    bool damaged() const { return damaged_; }
    bool empty() const { return values_.empty(); }

    /// A value; `user` doesn't matter for shared entries. Nothing: NIL, the entry isn't there.
    std::optional<std::string> find(const EntryName& name, const AnnotationUser& user) const;
    /// Sets a value, or removes the entry. False: nothing changed. limit: more than one of the bounds above; invalid: a
    /// user that is no address. What is beyond a bound already, out of a file, stays.
    Result<bool> set(const EntryName& name, const AnnotationUser& user, std::optional<std::string> value);
    /// What `user` can see: the shared entries and his own private ones, by name.
    std::vector<Annotation> visible_to(const AnnotationUser& user) const;
    /// Everybody's, by name.
    std::vector<Annotation> all() const;

  private:
    using Key = std::pair<EntryName, AnnotationUser>;
    /// What values take.
    struct Use {
        std::size_t entries = 0;
        std::size_t bytes = 0;
        bool fits(std::size_t most_entries, std::size_t most_bytes) const {
            return entries <= most_entries && bytes <= most_bytes;
        }
    };
    static Key key_of(const EntryName& name, const AnnotationUser& user);
    static std::size_t bytes_of(const Key& key, const std::string& value);
    /// What is there of those who share a bound with whoever has this key: the owner and all, or every reader.
    Use use_beside(const Key& key, bool of_user_only) const;
    /// limit: a bound is in the way of this value.
    Result<> check_room(const Key& key, const std::string& value) const;
    /// False: the line isn't an entry that can be taken.
    bool take_line(std::string_view line);

    std::map<Key, std::string> values_;
    bool damaged_ = false;
};

}  // namespace posthouse::storage
