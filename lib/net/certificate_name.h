// The name of somebody in their certificate.
#pragma once

#include <string>
#include <string_view>

struct x509_st;

namespace posthouse::net {

/// The longest name that is taken out of a certificate, in bytes.
inline constexpr std::size_t max_certificate_name = 320;

/// `field` is rfc822Name (RFC 5280 §4.2.1.6: a mail address among subjectAltName), or an attribute of the subject as
/// OpenSSL names it: commonName, emailAddress, userId. Empty: there is none, there are several, or it is no UTF-8, has
/// a control character in it or is too long.
std::string certificate_name(x509_st* certificate, std::string_view field);

}  // namespace posthouse::net
