// Address: where a socket is (IPv4, IPv6, Unix path). Network: a range of addresses, 192.0.2.0/24.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::net {

/// A socket's address. IPv4 addresses mapped into IPv6 are shown and compared as IPv4.
class Address {
  public:
    enum class Family { none, ipv4, ipv6, unix_socket };

    Address() = default;
    /// From the kernel's form; unknown families give `none`.
    static Address from_sockaddr(const sockaddr_storage& storage, socklen_t length);
    /// "192.0.2.1:25", "[2001:db8::1]:25". Errors: invalid (with the reason).
    static Result<Address> parse(std::string_view host_and_port);
    /// An IP address without brackets, and a port. Errors: invalid.
    static Result<Address> from_ip(std::string_view ip, std::uint16_t port);
    static Address unix_path(std::string path);

    Family family() const { return family_; }
    bool is_ip() const { return family_ == Family::ipv4 || family_ == Family::ipv6; }
    /// "192.0.2.1" or "2001:db8::1"; empty for others.
    std::string ip() const;
    std::uint16_t port() const { return port_; }
    const std::string& path() const { return path_; }
    /// "192.0.2.1:25", "[2001:db8::1]:25", "/run/x.sock" or "local".
    std::string to_string() const;
    /// The bytes of the IP address: 4 or 16.
    std::string_view bytes() const;
    /// The IP address with its first `prefix` bits, all others 0, and port 0.
    Address masked(unsigned prefix) const;
    /// As the kernel wants it. Only for IP addresses; returns the length.
    socklen_t to_sockaddr(sockaddr_storage& storage) const;

    friend bool operator==(const Address&, const Address&) = default;

  private:
    Family family_ = Family::none;
    std::array<char, 16> bytes_{};
    std::uint16_t port_ = 0;
    std::string path_;
};

/// "192.0.2.0/24", "2001:db8::/32", or one address. Bits behind the prefix are ignored.
class Network {
  public:
    /// Errors: invalid.
    static Result<Network> parse(std::string_view text);
    /// The network of that prefix length around an IP address; a longer length than the address has means all of it.
    static Network around(const Address& address, unsigned prefix);
    bool contains(const Address& address) const;
    /// The address with all bits behind the prefix 0.
    const Address& base() const { return base_; }
    unsigned prefix() const { return prefix_; }
    /// "192.0.2.0/24"; one address without its length: "192.0.2.1".
    std::string to_string() const;

  private:
    Address base_;
    unsigned prefix_ = 0;
};

}  // namespace posthouse::net
