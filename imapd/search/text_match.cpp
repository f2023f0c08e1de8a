// Substring search without regard to case, by ICU's case folding.
#include "imapd/search/text_match.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <functional>

#include "lib/base/ascii.h"

namespace posthouse::imapd {

std::string fold_case(std::string_view utf8) {
    if (ascii::is_ascii(utf8)) return ascii::lower(utf8);
    std::string folded;
    icu::StringByteSink<std::string> sink(&folded, static_cast<int32_t>(utf8.size()));
    UErrorCode error = U_ZERO_ERROR;
    icu::CaseMap::utf8Fold(0, icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())), sink, nullptr, error);
    if (U_FAILURE(error)) return ascii::lower(utf8);
    return folded;
}

bool TextMatch::in(std::string_view text) const {
    if (wanted_.empty()) return true;
    const std::string folded = fold_case(text);
    if (folded.size() < wanted_.size()) return false;
    return std::search(folded.begin(), folded.end(),
                       std::boyer_moore_horspool_searcher(wanted_.begin(), wanted_.end())) != folded.end();
}

}  // namespace posthouse::imapd
