// TlsDemand: told to OpenSSL.
#include "lib/transfer/tls_demand.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace posthouse::transfer {

net::PrepareTls preparation(const TlsDemand& demand) {
    return [demand](ssl_st* ssl) -> Result<> {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        bool first = true;
        for (const std::string& name : demand.names) {
            const int set = first ? SSL_set1_host(ssl, name.c_str()) : SSL_add1_host(ssl, name.c_str());
            if (set != 1) return fail(ErrorCode::internal, "TLS cannot be set up", "SSL_set1_host");
            first = false;
        }
        const bool verify = demand.level == TlsDemand::Level::verify;
        if (verify && demand.names.empty() && !demand.prepare)
            return fail(ErrorCode::internal, "TLS cannot be set up", "no name to verify");
        SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
        return demand.prepare ? demand.prepare(ssl) : Result<>{};
    };
}

}  // namespace posthouse::transfer
