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
    static constexpr std::size_t max_entries = 1000;
    static constexpr std::size_t max_total_bytes = 1u << 20;  ///< of names, users and values together

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
    /// user that is no address.
    Result<bool> set(const EntryName& name, const AnnotationUser& user, std::optional<std::string> value);
    /// What `user` can see: the shared entries and his own private ones, by name.
    std::vector<Annotation> visible_to(const AnnotationUser& user) const;
    /// Everybody's, by name.
    std::vector<Annotation> all() const;

  private:
    using Key = std::pair<EntryName, AnnotationUser>;
    static Key key_of(const EntryName& name, const AnnotationUser& user);
    static std::size_t bytes_of(const Key& key, const std::string& value);
    Result<bool> put(Key key, std::string value);
    /// False: the line isn't an entry that can be taken.
    bool take_line(std::string_view line);

    std::map<Key, std::string> values_;
    std::size_t total_bytes_ = 0;
    bool damaged_ = false;
};

}  // namespace posthouse::storage
