// SASLprep, by ICU's profile of it.
#include "lib/sasl/saslprep.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <memory>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/secret.h"

namespace posthouse::sasl {
namespace {

struct CloseProfile {
    void operator()(UStringPrepProfile* profile) const { usprep_close(profile); }
};

std::unexpected<Error> refused() { return fail(ErrorCode::invalid, "Text with characters that SASL does not allow"); }

void wipe_units(std::vector<UChar>& units) {
    // Through a volatile pointer, so that the writes are not taken for useless.
    volatile UChar* at = units.data();
    for (std::size_t i = 0; i < units.size(); ++i) at[i] = 0;
}

}  // namespace

Result<std::string> saslprep(std::string_view text) {
    if (text.size() > max_prepared) return fail(ErrorCode::limit, "Text too long for SASL");
    bool plain = true;
    for (const char c : text) {
        if (ascii::is_control(c)) return refused();
        plain = plain && !ascii::is_8bit(c);
    }
    if (plain) return std::string(text);
    if (!ascii::is_utf8(text)) return fail(ErrorCode::invalid, "Text is not UTF-8");

    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UStringPrepProfile, CloseProfile> profile(
        usprep_openByType(USPREP_RFC4013_SASLPREP, &status));
    if (U_FAILURE(status)) return fail(ErrorCode::internal, "SASLprep is not available", u_errorName(status));
    // NFKC makes at most 18 UTF-16 units of one code point.
    std::vector<UChar> given(text.size());
    std::vector<UChar> prepared(text.size() * 18);
    std::string out(prepared.size() * 3, '\0');
    std::int32_t given_size = 0;
    std::int32_t out_size = 0;
    u_strFromUTF8(given.data(), static_cast<std::int32_t>(given.size()), &given_size, text.data(),
                  static_cast<std::int32_t>(text.size()), &status);
    const std::int32_t prepared_size =
        usprep_prepare(profile.get(), given.data(), given_size, prepared.data(),
                       static_cast<std::int32_t>(prepared.size()), USPREP_DEFAULT, nullptr, &status);
    u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &out_size, prepared.data(), prepared_size, &status);
    wipe_units(given);
    wipe_units(prepared);
    if (U_FAILURE(status)) {
        wipe(out);
        return refused();
    }
    std::string result = out.substr(0, static_cast<std::size_t>(out_size));
    wipe(out);
    return result;
}

}  // namespace posthouse::sasl
