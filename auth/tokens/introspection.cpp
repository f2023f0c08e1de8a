// Token introspection.
#include "auth/tokens/introspection.h"

#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "lib/base/file.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_secret_file = 4096;

struct Free {
    void operator()(CURL* p) const { curl_easy_cleanup(p); }
    void operator()(curl_slist* p) const { curl_slist_free_all(p); }
};

std::unexpected<Error> away(std::string detail) {
    return fail(ErrorCode::unavailable, "Tokens cannot be checked now", std::move(detail));
}

/// libcurl's writing function; another count than it was given ends the transfer.
std::size_t take(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& answer = *static_cast<std::string*>(into);
    if (answer.size() + count > max_introspection_answer) return 0;
    answer.append(bytes, count);
    return count;
}

Result<Secret> read_secret(const std::string& path) {
    if (path.empty()) return Secret(std::string());
    Result<std::string> text = read_file(path, max_secret_file);
    if (!text) return away(text.error().message());
    Secret secret(text->substr(0, text->find_first_of("\r\n")));
    wipe(*text);
    return secret;
}

/// token=…&token_type_hint=access_token. RFC 6750 §2.1 leaves three characters to be escaped.
std::string form(std::string_view token) {
    std::string text;
    text.reserve(token.size() * 3 + 64);  // so that no copy is left behind
    text += "token=";
    for (const char c : token) {
        if (c == '+')
            text += "%2B";
        else if (c == '/')
            text += "%2F";
        else if (c == '=')
            text += "%3D";
        else
            text += c;
    }
    return text += "&token_type_hint=access_token";
}

}  // namespace

Result<std::string> introspect(const IntrospectionSettings& settings, std::string_view token) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const Result<Secret> secret = read_secret(settings.client_secret_file);
    if (!secret) return fail(secret.error());
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    const std::unique_ptr<curl_slist, Free> headers(curl_slist_append(nullptr, "Accept: application/json"));
    if (!curl || !headers) return away("libcurl cannot be used");

    Secret body(form(token));
    std::string answer;
    const auto milliseconds = static_cast<long>(settings.timeout.count());
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, settings.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, milliseconds);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.view().size()));
    set(CURLOPT_POSTFIELDS, body.view().data());
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    std::string password(secret->view());  // libcurl wants a NUL behind it
    if (!settings.client_id.empty()) {
        set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        set(CURLOPT_USERNAME, settings.client_id.c_str());
        set(CURLOPT_PASSWORD, password.c_str());
    }
    if (!settings.tls_ca_cert_file.empty()) set(CURLOPT_CAINFO, settings.tls_ca_cert_file.c_str());
    const CURLcode done = curl_easy_perform(curl.get());
    wipe(password);
    if (done == CURLE_WRITE_ERROR) return away("the answer of the introspection server is too long");
    if (done != CURLE_OK) return away(std::string("introspection: ") + curl_easy_strerror(done));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return away("the introspection server answers with status " + std::to_string(status));
    return answer;
}

}  // namespace posthouse::auth
