// Substring search in the keys of i;unicode-casemap.
#include "imapd/search/text_match.h"

#include <algorithm>
#include <functional>

namespace posthouse::imapd {

bool TextMatch::in(std::string_view text) const {
    if (wanted_.empty()) return true;
    const std::string key = mime::casemap_key(text);
    if (key.size() < wanted_.size()) return false;
    return std::search(key.begin(), key.end(), std::boyer_moore_horspool_searcher(wanted_.begin(), wanted_.end())) !=
           key.end();
}

}  // namespace posthouse::imapd
