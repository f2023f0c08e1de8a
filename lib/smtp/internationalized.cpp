// Internationalised addresses and headers; IDNA by ICU.
#include "lib/smtp/internationalized.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

/// A domain in U-labels: a letter may take four octets.
constexpr std::size_t max_u_domain = 4 * max_domain;

struct CloseIdna {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
};
using Idna = std::unique_ptr<UIDNA, CloseIdna>;

Idna open_idna(UErrorCode& status) {
    constexpr std::uint32_t options = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ;
    return Idna(uidna_openUTS46(options, &status));
}

/// Empty: the domain has no such form.
std::string convert(std::string_view domain) {
    UErrorCode status = U_ZERO_ERROR;
    const Idna idna = open_idna(status);
    if (U_FAILURE(status)) return {};
    std::array<char, max_u_domain> buffer{};
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    const std::int32_t length =
        uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()), buffer.data(),
                               static_cast<std::int32_t>(buffer.size()), &info, &status);
    if (U_FAILURE(status) || info.errors != 0 || length < 0) return {};
    return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Result<std::string> to_a_labels(std::string_view domain) {
    if (domain.size() > max_u_domain) return fail(ErrorCode::limit, "The domain is too long");
    if (domain.starts_with('[')) return std::string(domain);
    if (std::ranges::none_of(domain, ascii::is_8bit)) return ascii::lower(domain);
    std::string converted = convert(domain);
    if (converted.empty()) return fail(ErrorCode::invalid, "The domain is not an internationalised domain name");
    return converted;
}

std::string ascii_domain(const std::string& domain) { return to_a_labels(domain).value_or(domain); }

Result<Mailbox> to_ascii(const Mailbox& mailbox) {
    if (std::ranges::any_of(mailbox.local_part, ascii::is_8bit)) {
        return fail(ErrorCode::unsupported, "The address holds UTF-8, which needs SMTPUTF8");
    }
    auto domain = to_a_labels(mailbox.domain);
    if (!domain) return fail(domain.error());
    return Mailbox{mailbox.local_part, *std::move(domain)};
}

Mailbox for_envelope(const Mailbox& mailbox, bool utf8) { return utf8 ? mailbox : to_ascii(mailbox).value_or(mailbox); }

ReversePath for_envelope(const ReversePath& path, bool utf8) {
    if (!path) return path;
    return for_envelope(*path, utf8);
}

bool has_utf8_header(std::string_view header) {
    return std::ranges::any_of(ascii::split(header, '\n'), [](std::string_view line) {
        return std::ranges::any_of(line, ascii::is_8bit) && ascii::is_utf8(line);
    });
}

bool needs_smtputf8(const ReversePath& sender, std::span<const Mailbox> recipients, std::string_view header) {
    const auto has_no_ascii_form = [](const Mailbox& mailbox) { return !to_ascii(mailbox).has_value(); };
    return (sender && has_no_ascii_form(*sender)) || std::ranges::any_of(recipients, has_no_ascii_form) ||
           has_utf8_header(header);
}

}  // namespace posthouse::smtp
