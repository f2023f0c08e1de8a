// Certificates of a test's own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace posthouse::net {

struct FreeOpenssl {
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
};

/// A certificate and its key.
struct Identity {
    std::unique_ptr<X509, FreeOpenssl> certificate{X509_new()};
    std::unique_ptr<EVP_PKEY, FreeOpenssl> key{EVP_EC_gen("P-256")};

    std::string certificate_pem() const {
        return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
    }
    std::string key_pem() const {
        return pem(
            [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

  private:
    template <typename Write>
    static std::string pem(Write write) {
        const std::unique_ptr<BIO, FreeOpenssl> bio(BIO_new(BIO_s_mem()));
        write(bio.get());
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }
};

struct Wish {
    std::vector<std::string> common_names;
    std::string alternative_names{};  ///< "email:joe@example.org,DNS:one.example"
    long valid_for = 3600;            ///< seconds, from an hour ago on
    const char* constraint = "CA:FALSE";
};

/// Signed by `issuer`, or by itself.
inline Identity make_certificate(const Wish& wish, const Identity* issuer = nullptr) {
    static long serial = 0;
    Identity made;
    X509* certificate = made.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish.valid_for);
    X509_set_pubkey(certificate, made.key.get());
    for (const std::string& name : wish.common_names)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                   -1, 0);
    const auto extend = [&](int nid, const char* text) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, text);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, wish.constraint);
    if (!wish.alternative_names.empty()) extend(NID_subject_alt_name, wish.alternative_names.c_str());
    const Identity& by = issuer != nullptr ? *issuer : made;
    X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate.get()));
    X509_sign(certificate, by.key.get(), EVP_sha256());
    return made;
}

inline Identity make_authority() {
    return make_certificate({.common_names = {"Authority"}, .constraint = "critical,CA:TRUE"});
}

}  // namespace posthouse::net
