// What TLSA records ask for.
#include "lib/dane/decision.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/dane/verify.h"

namespace posthouse::dane {
namespace {

struct Free {
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(SSL* p) const { SSL_free(p); }
};

std::string name_of(const dns::Tlsa& record) {
    return std::to_string(record.usage) + " " + std::to_string(record.selector) + " " + std::to_string(record.matching);
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::none: return "none";
        case Level::encrypt: return "encrypt";
        case Level::verify: return "verify";
        case Level::defer: return "defer";
    }
    return "unknown";
}

bool usable(const dns::Tlsa& record) {
    constexpr int dane_ta = 2;
    constexpr int dane_ee = 3;
    if (record.usage != dane_ta && record.usage != dane_ee) return false;
    static const std::unique_ptr<SSL_CTX, Free> context = [] {
        std::unique_ptr<SSL_CTX, Free> made(SSL_CTX_new(TLS_client_method()));
        if (made && !enable(made.get())) made.reset();
        return made;
    }();
    const std::unique_ptr<SSL, Free> ssl(context ? SSL_new(context.get()) : nullptr);
    const bool good =
        ssl && SSL_dane_enable(ssl.get(), nullptr) == 1 &&
        SSL_dane_tlsa_add(ssl.get(), record.usage, record.selector, record.matching,
                          reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size()) == 1;
    ERR_clear_error();
    return good;
}

Decision decide(const dns::Answer<dns::Tlsa>& answer, std::string base_domain) {
    Decision decision;
    decision.base_domain = std::move(base_domain);
    if (answer.failed()) {
        decision.level = Level::defer;
        decision.reason = "TLSA records: " + answer.reason;
    } else if (answer.outcome != dns::Outcome::records) {
        decision.reason = "there are no TLSA records";
    } else if (!answer.secure()) {
        decision.reason = "the TLSA records are not signed";
    } else if (answer.records.size() > max_tlsa_records) {
        decision.level = Level::defer;
        decision.reason = "there are more than " + std::to_string(max_tlsa_records) + " TLSA records";
    } else {
        std::string unusable;
        for (const dns::Tlsa& record : answer.records) {
            if (usable(record))
                decision.records.push_back(record);
            else
                unusable += (unusable.empty() ? "unusable TLSA records: " : ", ") + name_of(record);
        }
        decision.level = decision.records.empty() ? Level::encrypt : Level::verify;
        decision.reason = std::move(unusable);
    }
    return decision;
}

}  // namespace posthouse::dane
