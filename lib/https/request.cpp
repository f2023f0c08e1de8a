// A request by HTTPS, through libcurl.
#include "lib/https/request.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "lib/base/ascii.h"
#include "lib/https/public_address.h"
#include "lib/smtp/address.h"

namespace posthouse::https {
namespace {

constexpr std::size_t max_addresses = 8;
constexpr std::size_t max_url = 2048;

struct Free {
    void operator()(CURL* p) const { curl_easy_cleanup(p); }
    void operator()(curl_slist* p) const { curl_slist_free_all(p); }
    void operator()(CURLU* p) const { curl_url_cleanup(p); }
    void operator()(char* p) const { curl_free(p); }
};

std::unexpected<Error> unavailable(std::string detail) {
    return fail(ErrorCode::unavailable, "The server cannot be asked", std::move(detail));
}

bool may_ask(const Settings& settings, const net::Address& address) {
    return is_public(address) || std::ranges::any_of(settings.allowed, [&](const net::Network& network) {
               return network.contains(address);
           });
}

struct Content {
    std::string bytes;
    std::size_t most = 0;
};

/// libcurl's writing function; another count than it was given ends the transfer.
std::size_t take(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& content = *static_cast<Content*>(into);
    if (content.bytes.size() + count > content.most) return 0;
    content.bytes.append(bytes, count);
    return count;
}

/// Looks at the address again where it is used.
curl_socket_t open_socket(void* settings, curlsocktype, curl_sockaddr* target) {
    sockaddr_storage storage{};
    if (target->addrlen > sizeof storage) return CURL_SOCKET_BAD;
    std::memcpy(&storage, &target->addr, target->addrlen);
    const net::Address address = net::Address::from_sockaddr(storage, target->addrlen);
    if (!may_ask(*static_cast<const Settings*>(settings), address)) return CURL_SOCKET_BAD;
    return ::socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

bool is_about_certificates(CURLcode code) {
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
           code == CURLE_SSL_INVALIDCERTSTATUS;
}

/// "host:port:address,address", as CURLOPT_RESOLVE wants it; empty: there is no address that may be asked.
std::string resolution(const Settings& settings, const Request& request) {
    std::string text;
    std::size_t count = 0;
    for (const net::Address& address : request.addresses) {
        if (!may_ask(settings, address) || ++count > max_addresses) continue;
        text += text.empty() ? request.place.host + ":" + std::to_string(request.place.port) + ":" : ",";
        text += address.family() == net::Address::Family::ipv6 ? "[" + address.ip() + "]" : address.ip();
    }
    return text;
}

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, Free> owned(text);
    return text;
}

}  // namespace

Result<Place> parse_url(std::string_view text) {
    const std::unique_ptr<CURLU, Free> url(curl_url());
    const auto bad = [](const char* why) { return fail(ErrorCode::invalid, std::string("Not a URL to ask: ") + why); };
    const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
    if (!url || !printable || text.size() > max_url) return bad("malformed");
    const CURLUcode parsed = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER);
    if (parsed != CURLUE_OK) return bad("malformed");
    if (part_of(url.get(), CURLUPART_SCHEME) != "https") return bad("only https");
    Place place;
    place.host = part_of(url.get(), CURLUPART_HOST);
    std::ranges::transform(place.host, place.host.begin(), ascii::to_lower);
    if (!smtp::is_domain(place.host) || net::Address::from_ip(place.host, 0)) return bad("its host is no domain");
    if (const std::string port = part_of(url.get(), CURLUPART_PORT); !port.empty()) {
        const auto number = ascii::parse_number(port);
        if (!number || *number == 0 || *number > 65535) return bad("its port");
        place.port = static_cast<std::uint16_t>(*number);
    }
    place.target = part_of(url.get(), CURLUPART_PATH);
    if (const std::string query = part_of(url.get(), CURLUPART_QUERY); !query.empty()) place.target += "?" + query;
    return place;
}

Result<Answer> ask(const Settings& settings, const Request& request) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::string where = resolution(settings, request);
    if (where.empty()) return unavailable(request.place.host + " has no public address");
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    const std::unique_ptr<curl_slist, Free> resolved(curl_slist_append(nullptr, where.c_str()));
    const bool posts = !request.content_type.empty();
    const std::string type = "Content-Type: " + request.content_type;
    const std::unique_ptr<curl_slist, Free> header(posts ? curl_slist_append(nullptr, type.c_str()) : nullptr);
    if (!curl || !resolved || (posts && !header)) return unavailable("libcurl cannot be used");

    const Place& place = request.place;
    const std::string port = place.port == 443 ? "" : ":" + std::to_string(place.port);
    const std::string url = "https://" + place.host + port + place.target;
    Content content{.bytes = {}, .most = request.max_answer};
    const auto milliseconds = static_cast<long>(settings.timeout.count());
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_RESOLVE, resolved.get());
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, const_cast<Settings*>(&settings));
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
    if (posts) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.content.size()));
        set(CURLOPT_POSTFIELDS, request.content.data());
        set(CURLOPT_HTTPHEADER, header.get());
    }
    const CURLcode done = curl_easy_perform(curl.get());
    if (done == CURLE_WRITE_ERROR) return fail(ErrorCode::limit, "The answer is too long");
    if (is_about_certificates(done))
        return fail(ErrorCode::denied, "The certificate of " + place.host + " is not valid", curl_easy_strerror(done));
    if (done != CURLE_OK) return unavailable(curl_easy_strerror(done));
    Answer answer{.status = 0, .content_type = {}, .content = std::move(content.bytes)};
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    char* content_type = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &content_type);
    if (content_type != nullptr) answer.content_type = content_type;
    return answer;
}

}  // namespace posthouse::https
