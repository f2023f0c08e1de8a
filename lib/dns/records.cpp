// Records of DNS as values.
#include "lib/dns/records.h"

#include <netinet/in.h>

#include <cstring>

#include "lib/dns/name.h"

namespace posthouse::dns {
namespace {

std::unexpected<Error> malformed(std::string_view type) {
    return fail(ErrorCode::invalid, "A record of type " + std::string(type) + " is malformed");
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

}  // namespace

std::string_view to_string(Type type) {
    switch (type) {
        case Type::a: return "A";
        case Type::cname: return "CNAME";
        case Type::soa: return "SOA";
        case Type::ptr: return "PTR";
        case Type::mx: return "MX";
        case Type::txt: return "TXT";
        case Type::aaaa: return "AAAA";
        case Type::tlsa: return "TLSA";
    }
    return "unknown";
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::records: return "records";
        case Outcome::no_data: return "no_data";
        case Outcome::no_name: return "no_name";
        case Outcome::failed: return "failed";
    }
    return "unknown";
}

std::string_view to_string(Dnssec dnssec) {
    switch (dnssec) {
        case Dnssec::secure: return "secure";
        case Dnssec::insecure: return "insecure";
        case Dnssec::bogus: return "bogus";
    }
    return "unknown";
}

Result<Mx> parse_mx(std::string_view rdata) {
    if (rdata.size() < 3) return malformed("MX");
    Mx mx;
    mx.preference = static_cast<std::uint16_t>(byte_at(rdata, 0) << 8 | byte_at(rdata, 1));
    rdata.remove_prefix(2);
    Result<std::string> exchange = read_name(rdata);
    if (!exchange) return fail(exchange.error());
    if (!rdata.empty()) return malformed("MX");
    mx.exchange = std::move(*exchange);
    return mx;
}

Result<net::Address> parse_a(std::string_view rdata) {
    sockaddr_in address{};
    if (rdata.size() != sizeof address.sin_addr) return malformed("A");
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, rdata.data(), rdata.size());
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    return net::Address::from_sockaddr(storage, sizeof address);
}

Result<net::Address> parse_aaaa(std::string_view rdata) {
    sockaddr_in6 address{};
    if (rdata.size() != sizeof address.sin6_addr) return malformed("AAAA");
    address.sin6_family = AF_INET6;
    std::memcpy(&address.sin6_addr, rdata.data(), rdata.size());
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    return net::Address::from_sockaddr(storage, sizeof address);
}

Result<Tlsa> parse_tlsa(std::string_view rdata) {
    if (rdata.size() < 3) return malformed("TLSA");
    return Tlsa{byte_at(rdata, 0), byte_at(rdata, 1), byte_at(rdata, 2), std::string(rdata.substr(3))};
}

Result<std::string> parse_txt(std::string_view rdata) {
    if (rdata.empty()) return malformed("TXT");
    std::string text;
    while (!rdata.empty()) {
        const std::size_t length = byte_at(rdata, 0);
        rdata.remove_prefix(1);
        if (rdata.size() < length) return malformed("TXT");
        text += rdata.substr(0, length);
        rdata.remove_prefix(length);
    }
    return text;
}

Result<std::string> parse_name(std::string_view rdata) {
    Result<std::string> name = read_name(rdata);
    if (name && !rdata.empty()) return fail(ErrorCode::invalid, "Something follows the name in a record");
    return name;
}

}  // namespace posthouse::dns
