// Substring search over UTF-8 by i;unicode-casemap (RFC 5255 §4.2), so without regard to case (RFC 3501 §6.4.4).
#pragma once

#include <string>
#include <string_view>

#include "lib/mime/collation.h"

namespace posthouse::imapd {

/// Looks for one text in many.
class TextMatch {
  public:
    explicit TextMatch(std::string_view wanted) : wanted_(mime::casemap_key(wanted)) {}
    /// `text` contains the wanted one. Linear in `text`.
    bool in(std::string_view text) const;

  private:
    std::string wanted_;
    mutable std::string key_;  ///< of the last text: kept for its memory; one thread at a time searches
};

}  // namespace posthouse::imapd
