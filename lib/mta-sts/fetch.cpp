// Fetching a policy.
#include "lib/mta-sts/fetch.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "lib/base/ascii.h"
#include "lib/mta-sts/policy.h"
#include "lib/mta-sts/public_address.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::size_t max_addresses = 8;

struct Free {
    void operator()(CURL* p) const { curl_easy_cleanup(p); }
    void operator()(curl_slist* p) const { curl_slist_free_all(p); }
};

std::unexpected<Error> unavailable(std::string detail) {
    return fail(ErrorCode::unavailable, "The policy cannot be fetched", std::move(detail));
}

bool may_ask(const FetchSettings& settings, const net::Address& address) {
    return is_public(address) || std::ranges::any_of(settings.allowed, [&](const net::Network& network) {
               return network.contains(address);
           });
}

/// libcurl's writing function; another count than it was given ends the transfer.
std::size_t take(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& content = *static_cast<std::string*>(into);
    if (content.size() + count > max_policy_bytes) return 0;
    content.append(bytes, count);
    return count;
}

/// Looks at the address again where it is used.
curl_socket_t open_socket(void* settings, curlsocktype, curl_sockaddr* target) {
    sockaddr_storage storage{};
    if (target->addrlen > sizeof storage) return CURL_SOCKET_BAD;
    std::memcpy(&storage, &target->addr, target->addrlen);
    const net::Address address = net::Address::from_sockaddr(storage, target->addrlen);
    if (!may_ask(*static_cast<const FetchSettings*>(settings), address)) return CURL_SOCKET_BAD;
    return ::socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

/// "text/plain", whatever parameters follow.
bool is_plain_text(const char* type) {
    if (type == nullptr) return false;
    const std::string_view text(type);
    return ascii::iequals(ascii::trim(text.substr(0, text.find(';'))), "text/plain");
}

bool is_about_certificates(CURLcode code) {
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
           code == CURLE_SSL_INVALIDCERTSTATUS;
}

}  // namespace

Result<std::string> fetch_policy(const FetchSettings& settings, std::string_view domain,
                                 const std::vector<net::Address>& addresses) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::string host = "mta-sts." + std::string(domain);
    const std::string port = std::to_string(settings.port);
    std::string where;
    std::size_t count = 0;
    for (const net::Address& address : addresses) {
        if (!may_ask(settings, address) || ++count > max_addresses) continue;
        where += where.empty() ? host + ":" + port + ":" : ",";
        where += address.family() == net::Address::Family::ipv6 ? "[" + address.ip() + "]" : address.ip();
    }
    if (where.empty()) return unavailable(host + " has no public address");
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    const std::unique_ptr<curl_slist, Free> resolved(curl_slist_append(nullptr, where.c_str()));
    if (!curl || !resolved) return unavailable("libcurl cannot be used");

    const std::string url = "https://" + host + (settings.port == 443 ? "" : ":" + port) + "/.well-known/mta-sts.txt";
    std::string content;
    const auto milliseconds = static_cast<long>(settings.timeout.count());
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_RESOLVE, resolved.get());
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, const_cast<FetchSettings*>(&settings));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, milliseconds);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&content));
    if (!settings.ca_file.empty()) {
        set(CURLOPT_CAINFO, settings.ca_file.c_str());
        set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // the system's
    }
    const CURLcode done = curl_easy_perform(curl.get());
    if (done == CURLE_WRITE_ERROR) return fail(ErrorCode::limit, "The policy is too long");
    if (is_about_certificates(done))
        return fail(ErrorCode::denied, "The certificate of " + host + " is not valid", curl_easy_strerror(done));
    if (done != CURLE_OK) return unavailable(curl_easy_strerror(done));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return unavailable(host + " answers with status " + std::to_string(status));
    char* type = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
    if (!is_plain_text(type)) return fail(ErrorCode::invalid, "The policy is not of type text/plain");
    return content;
}

}  // namespace posthouse::mta_sts
