// Normal form C, by ICU.
#include "lib/mime/net_unicode.h"

#include <unicode/unistr.h>
#include <unicode/unorm2.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "lib/base/ascii.h"

namespace posthouse::mime {

bool is_normal(std::string_view utf8) {
    if (ascii::is_ascii(utf8)) return true;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* const nfc = unorm2_getNFCInstance(&status);
    if (U_FAILURE(status)) return true;
    const icu::UnicodeString text =
        icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
    return unorm2_isNormalized(nfc, text.getBuffer(), text.length(), &status) != 0 && U_SUCCESS(status);
}

bool has_unicode_control(std::string_view utf8) {
    const auto length = static_cast<std::int32_t>(utf8.size());
    for (std::int32_t i = 0; i < length;) {
        UChar32 character = 0;
        // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions): the macro is ICU's
        U8_NEXT_OR_FFFD(utf8.data(), i, length, character);
        if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 || character == 0x2029)
            return true;
    }
    return false;
}

}  // namespace posthouse::mime
