// The name of somebody in their certificate.
#include "lib/net/certificate_name.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "lib/base/ascii.h"

namespace posthouse::net {
namespace {

std::string utf8(const ASN1_STRING* text) {
    unsigned char* bytes = nullptr;
    const int size = ASN1_STRING_to_UTF8(&bytes, text);
    if (size < 0) return {};
    std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return out;
}

std::vector<std::string> mail_addresses(x509_st* certificate) {
    std::vector<std::string> found;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_EMAIL) found.push_back(utf8(name->d.rfc822Name));
    }
    return found;
}

std::vector<std::string> subject_attributes(x509_st* certificate, std::string_view field) {
    std::vector<std::string> found;
    const int nid = OBJ_txt2nid(std::string(field).c_str());
    const X509_NAME* subject = X509_get_subject_name(certificate);
    for (int at = X509_NAME_get_index_by_NID(subject, nid, -1); at >= 0;
         at = X509_NAME_get_index_by_NID(subject, nid, at))
        found.push_back(utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
    return found;
}

}  // namespace

std::string certificate_name(x509_st* certificate, std::string_view field) {
    std::vector<std::string> names =
        field == "rfc822Name" ? mail_addresses(certificate) : subject_attributes(certificate, field);
    if (names.size() != 1) return {};
    const std::string& name = names.front();
    const bool clean =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
    return clean && name.size() <= max_certificate_name && ascii::is_utf8(name) ? name : std::string();
}

}  // namespace posthouse::net
