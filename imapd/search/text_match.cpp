// Substring search in the keys of i;unicode-casemap. The key of a text is that of its characters one after the other,
// so it may be made in pieces.
#include "imapd/search/text_match.h"

#include <algorithm>
#include <cstring>

#include "lib/mime/charset.h"

namespace posthouse::imapd {
namespace {

/// Its whole characters within so many bytes.
std::string_view beginning(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    return text.substr(0, size - mime::cut_character(text.substr(0, size)));
}

}  // namespace

bool TextMatch::in(std::string_view text, std::string& buffer) const {
    return TextSearch(*this, buffer).feed(text, true);
}

TextSearch::TextSearch(const TextMatch& match, std::string& buffer, SearchSizes sizes)
    : wanted_(match.key()), keys_(buffer), sizes_(sizes) {
    keys_.clear();
}

bool TextSearch::feed(std::string_view piece, bool last) {
    if (wanted_.empty()) return true;
    while (!piece.empty()) {
        const std::string_view next = beginning(piece, sizes_.piece);
        piece.remove_prefix(next.size());
        mime::append_casemap_key(keys_, next);
        // Twice as many as are wanted: else most would be looked through again and again.
        if (keys_.size() >= std::max(sizes_.keys, 2 * wanted_.size()) && look()) return true;
    }
    const bool found = last && look();
    if (last) keys_.clear();
    return found;
}

/// Leaves those keys with which an occurrence may begin.
bool TextSearch::look() {
    if (::memmem(keys_.data(), keys_.size(), wanted_.data(), wanted_.size()) != nullptr) return true;
    keys_.erase(0, keys_.size() - std::min(keys_.size(), wanted_.size() - 1));
    return false;
}

}  // namespace posthouse::imapd
