// Substring search over UTF-8 by i;unicode-casemap (RFC 5255 §4.2), so without regard to case (RFC 3501 §6.4.4).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/mime/collation.h"

namespace posthouse::imapd {

/// A text that is looked for in many.
class TextMatch {
  public:
    explicit TextMatch(std::string_view wanted) : wanted_(mime::casemap_key(wanted)) {}
    /// `text` contains the wanted one. Linear in `text`. `buffer` as for TextSearch.
    bool in(std::string_view text, std::string& buffer) const;
    /// The key of the wanted text.
    const std::string& key() const { return wanted_; }

  private:
    std::string wanted_;
};

/// What TextSearch does at a time; tests lower it.
struct SearchSizes {
    /// Bytes of a text, 4 at least, whose keys are made; these may be eleven times as long.
    std::size_t piece = 4U << 10U;
    /// Bytes of keys that are looked through.
    std::size_t keys = 64U << 10U;
};

/// Looks for a text in others that come in pieces. Holds a bounded part of their keys, or twice what is looked for.
class TextSearch {
  public:
    /// `match` and `buffer`, which is for the keys, must outlive this. It may be used by one search after the other.
    TextSearch(const TextMatch& match, std::string& buffer, SearchSizes sizes = {});

    /// The next piece of a text, whole characters; true: the wanted text was found. After the `last` one another text
    /// may begin.
    bool feed(std::string_view piece, bool last);

  private:
    bool look();

    const std::string& wanted_;
    std::string& keys_;  ///< of what may be part of an occurrence
    SearchSizes sizes_;
};

}  // namespace posthouse::imapd
