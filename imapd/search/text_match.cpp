// Substring search in the keys of i;unicode-casemap.
#include "imapd/search/text_match.h"

#include <cstring>

namespace posthouse::imapd {

bool TextMatch::in(std::string_view text) const {
    if (wanted_.empty()) return true;
    key_.clear();
    mime::append_casemap_key(key_, text);
    return ::memmem(key_.data(), key_.size(), wanted_.data(), wanted_.size()) != nullptr;
}

}  // namespace posthouse::imapd
