// Address and Network.
#include "lib/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "lib/base/ascii.h"

namespace posthouse::net {

Address Address::from_sockaddr(const sockaddr_storage& storage, socklen_t length) {
    Address address;
    if (storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage, sizeof in);
        address.family_ = Family::ipv4;
        std::memcpy(address.bytes_.data(), &in.sin_addr, 4);
        address.port_ = ntohs(in.sin_port);
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &storage, sizeof in);
        address.port_ = ntohs(in.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
            address.family_ = Family::ipv4;
            std::memcpy(address.bytes_.data(), in.sin6_addr.s6_addr + 12, 4);
        } else {
            address.family_ = Family::ipv6;
            std::memcpy(address.bytes_.data(), in.sin6_addr.s6_addr, 16);
        }
    } else if (storage.ss_family == AF_UNIX) {
        sockaddr_un un{};
        std::memcpy(&un, &storage, std::min(sizeof un, static_cast<std::size_t>(length)));
        address.family_ = Family::unix_socket;
        address.path_.assign(un.sun_path, ::strnlen(un.sun_path, sizeof un.sun_path));
    }
    return address;
}

Result<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
    Address address;
    address.port_ = port;
    const std::string text(ip);
    if (ip.contains('\0')) return fail(ErrorCode::invalid, "A NUL stands in the IP address");
    if (::inet_pton(AF_INET, text.c_str(), address.bytes_.data()) == 1) {
        address.family_ = Family::ipv4;
    } else if (::inet_pton(AF_INET6, text.c_str(), address.bytes_.data()) == 1) {
        address.family_ = Family::ipv6;
        constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
        if (std::string_view(address.bytes_.data(), 12) == mapped) {
            address.family_ = Family::ipv4;
            std::copy_n(address.bytes_.data() + 12, 4, address.bytes_.data());
            std::fill(address.bytes_.begin() + 4, address.bytes_.end(), '\0');
        }
    } else {
        return fail(ErrorCode::invalid, "\"" + text + "\" is not an IP address");
    }
    return address;
}

Result<Address> Address::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return fail(ErrorCode::invalid, "\"" + std::string(text) + "\" lacks \":port\"");
    std::string_view host = text.substr(0, colon);
    const auto port = ascii::parse_number(text.substr(colon + 1));
    if (!port || *port > 65535) return fail(ErrorCode::invalid, "\"" + std::string(text) + "\" has no valid port");
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return fail(ErrorCode::invalid, "\"" + std::string(text) + "\": an IPv6 address stands in brackets");
    if (host == "localhost")
        host = "127.0.0.1";
    else if (host == "*")
        host = "0.0.0.0";
    return from_ip(host, static_cast<std::uint16_t>(*port));
}

Address Address::unix_path(std::string path) {
    Address address;
    address.family_ = Family::unix_socket;
    address.path_ = std::move(path);
    return address;
}

std::string_view Address::bytes() const {
    if (family_ == Family::ipv4) return {bytes_.data(), 4};
    if (family_ == Family::ipv6) return {bytes_.data(), 16};
    return {};
}

std::string Address::ip() const {
    if (!is_ip()) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family_ == Family::ipv4 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

std::string Address::to_string() const {
    switch (family_) {
        case Family::ipv4: return ip() + ":" + std::to_string(port_);
        case Family::ipv6: return "[" + ip() + "]:" + std::to_string(port_);
        case Family::unix_socket: return path_.empty() ? "local" : path_;
        case Family::none: break;
    }
    return "unknown";
}

socklen_t Address::to_sockaddr(sockaddr_storage& storage) const {
    storage = {};
    if (family_ == Family::ipv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port_);
        std::memcpy(&in.sin_addr, bytes_.data(), 4);
        std::memcpy(&storage, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port_);
    std::memcpy(&in.sin6_addr, bytes_.data(), 16);
    std::memcpy(&storage, &in, sizeof in);
    return sizeof in;
}

Address Address::masked(unsigned prefix) const {
    Address masked = *this;
    masked.port_ = 0;
    for (std::size_t i = 0; i < bytes().size(); ++i) {
        const unsigned kept = prefix > i * 8 ? std::min(8u, prefix - static_cast<unsigned>(i) * 8) : 0;
        const unsigned mask = 0xFFu << (8 - kept) & 0xFFu;
        masked.bytes_[i] = static_cast<char>(static_cast<unsigned char>(bytes_[i]) & mask);
    }
    return masked;
}

Result<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    Result<Address> base = Address::from_ip(text.substr(0, slash), 0);
    if (!base) return fail(base.error());
    const auto bits = static_cast<unsigned>(base->bytes().size() * 8);
    unsigned length = bits;
    if (slash != std::string_view::npos) {
        const auto prefix = ascii::parse_number(text.substr(slash + 1));
        if (!prefix || *prefix > bits)
            return fail(ErrorCode::invalid, "\"" + std::string(text) + "\" has no valid prefix length");
        length = static_cast<unsigned>(*prefix);
    }
    return around(*base, length);
}

Network Network::around(const Address& address, unsigned prefix) {
    Network network;
    network.prefix_ = std::min(prefix, static_cast<unsigned>(address.bytes().size() * 8));
    network.base_ = address.masked(network.prefix_);
    return network;
}

std::string Network::to_string() const {
    if (prefix_ == base_.bytes().size() * 8) return base_.ip();
    return base_.ip() + '/' + std::to_string(prefix_);
}

bool Network::contains(const Address& address) const {
    if (address.family() != base_.family() || !address.is_ip()) return false;
    const std::string_view a = address.bytes();
    const std::string_view b = base_.bytes();
    const std::size_t whole = prefix_ / 8;
    if (a.substr(0, whole) != b.substr(0, whole)) return false;
    const unsigned rest = prefix_ % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xFFu << (8 - rest) & 0xFFu;
    return (static_cast<unsigned char>(a[whole]) & mask) == (static_cast<unsigned char>(b[whole]) & mask);
}

}  // namespace posthouse::net
