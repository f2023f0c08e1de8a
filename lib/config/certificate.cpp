// Whether a certificate and a key are what they should be and belong together.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "lib/config/check.h"

namespace posthouse::config {
namespace {

using BioPointer = std::unique_ptr<BIO, decltype(&BIO_free)>;

BioPointer memory(std::string_view text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

constexpr std::time_t expiry_notice = std::time_t{14} * 24 * 3600;  // a fortnight: time to get another one

std::string date(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
    std::array<char, 16> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

/// A key with a pass phrase is refused; nobody is asked on a terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<> check_certificate(std::string_view certificate_pem, std::string_view key_pem) {
    const BioPointer certificate_bytes = memory(certificate_pem);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{
        PEM_read_bio_X509(certificate_bytes.get(), nullptr, no_pass_phrase, nullptr), &X509_free};
    const BioPointer key_bytes = memory(key_pem);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        PEM_read_bio_PrivateKey(key_bytes.get(), nullptr, no_pass_phrase, nullptr), &EVP_PKEY_free};
    const bool belongs = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!certificate) return fail(ErrorCode::invalid, "holds no certificate in PEM form");
    if (!key) return fail(ErrorCode::invalid, "holds no private key in PEM form without a pass phrase");
    if (!belongs) return fail(ErrorCode::invalid, "the private key does not belong to the certificate");
    return {};
}

bool holds_certificate(std::string_view pem) {
    const BioPointer bytes = memory(pem);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{
        PEM_read_bio_X509(bytes.get(), nullptr, no_pass_phrase, nullptr), &X509_free};
    ERR_clear_error();
    return certificate != nullptr;
}

ValidityConcern validity_concern(std::string_view certificate_pem, std::time_t now) {
    const BioPointer bytes = memory(certificate_pem);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{
        PEM_read_bio_X509(bytes.get(), nullptr, no_pass_phrase, nullptr), &X509_free};
    ERR_clear_error();
    if (!certificate) return {};
    const ASN1_TIME* begin = X509_get0_notBefore(certificate.get());
    const ASN1_TIME* end = X509_get0_notAfter(certificate.get());
    if (ASN1_TIME_cmp_time_t(end, now) < 0) return {false, "expired on " + date(end)};
    if (ASN1_TIME_cmp_time_t(begin, now) > 0) return {false, "is not valid before " + date(begin)};
    if (ASN1_TIME_cmp_time_t(end, now + expiry_notice) < 0) return {true, "expires on " + date(end)};
    return {};
}

}  // namespace posthouse::config
