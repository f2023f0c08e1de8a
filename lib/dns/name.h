// Domain names: from the wire form (RFC 1035 §3.1) to text, and the names of reverse look-ups.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace posthouse::dns {

/// The longest name in its wire form, with lengths and the root (RFC 1035 §2.3.4).
inline constexpr std::size_t max_wire_name = 255;
/// The longest label.
inline constexpr std::size_t max_label = 63;

/// Takes an uncompressed name off the front of `wire` and gives it as text: lower case, no dot at the end, the root as
/// "". Bytes other than letters, digits, "-" and "_" are written \DDD (RFC 1035 §5.1), so a dot in a label is none in
/// the text. Errors: invalid (cut off, too long, or compressed, which names in the records of libunbound never are).
Result<std::string> read_name(std::string_view& wire);

/// The same domain: case and a dot at the end don't count.
bool same_name(std::string_view a, std::string_view b);
/// `name` in lower case, without a dot at its end.
std::string normal_name(std::string_view name);
/// May be asked for: labels of 1 to 63 bytes, 253 in all, printable ASCII without space and backslash. International
/// names are asked for as A-labels.
bool is_query_name(std::string_view name);

/// "1.2.0.192.in-addr.arpa" (RFC 1035 §3.5) or "1.0.….8.b.d.0.1.0.0.2.ip6.arpa" (RFC 3596 §2.5) of an IP address;
/// empty for others.
std::string reverse_name(const net::Address& address);

}  // namespace posthouse::dns
