// The TLS side of DANE.
#include "lib/dane/verify.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace posthouse::dane {

bool enable(ssl_ctx_st* context) { return SSL_CTX_dane_enable(context) == 1; }

Result<> require(ssl_st* ssl, const Decision& decision, const std::vector<std::string>& other_names) {
    const auto impossible = [](const char* what) {
        ERR_clear_error();
        return fail(ErrorCode::internal, "TLS cannot be verified by DANE", what);
    };
    if (decision.level != Level::verify || decision.records.empty()) return impossible("there is no TLSA record");
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_dane_enable(ssl, decision.base_domain.c_str()) != 1) return impossible("SSL_dane_enable");
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (const std::string& name : other_names)
        if (SSL_add1_host(ssl, name.c_str()) != 1) return impossible("SSL_add1_host");
    for (const dns::Tlsa& record : decision.records)
        if (SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching,
                              reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size()) != 1)
            return impossible("SSL_dane_tlsa_add");
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    return {};
}

std::optional<dns::Tlsa> verified_by(ssl_st* ssl) {
    if (SSL_get_verify_result(ssl) != X509_V_OK || SSL_get0_dane_authority(ssl, nullptr, nullptr) < 0)
        return std::nullopt;
    dns::Tlsa record;
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_get0_dane_tlsa(ssl, &record.usage, &record.selector, &record.matching, &data, &size) < 0)
        return std::nullopt;
    record.data.assign(reinterpret_cast<const char*>(data), size);
    return record;
}

}  // namespace posthouse::dane
