// The sizes that SMTP itself bounds (RFC 5321 §4.5.3.1) and what its extensions add to a command line.
#pragma once

#include <cstddef>

namespace posthouse::smtp {

/// RFC 5321 §4.5.3.1.1: octets of a local part.
inline constexpr std::size_t max_local_part = 64;
/// Octets of a local part that begins with SRS0 or SRS1: forwarders put a whole address there, so it may be as long as
/// a path lets it. Deviates from RFC 5321 §4.5.3.1.1: because forwarded mail has such senders, and bounces such
/// recipients.
inline constexpr std::size_t max_srs_local_part = 250;
/// RFC 5321 §4.5.3.1.2: octets of a domain name or address literal.
inline constexpr std::size_t max_domain = 255;
/// RFC 1035 §2.3.4: octets of one label of a domain.
inline constexpr std::size_t max_label = 63;
/// RFC 5321 §4.5.3.1.3: octets of a path, with its angle brackets and a source route.
inline constexpr std::size_t max_path = 256;
/// RFC 5321 §4.5.3.1.4: octets of a command line, with CRLF.
inline constexpr std::size_t max_command_line = 512;
/// MAIL may be longer: SIZE 26 (RFC 1870 §3), BODY 17 (RFC 6152 §2), AUTH 500 (RFC 4954 §3), SMTPUTF8 10 (RFC 6531
/// §3.3), RET and ENVID 108 (RFC 3461 §4), REQUIRETLS 11 (RFC 8689 §2), HOLDFOR or HOLDUNTIL 34 (RFC 4865), BY 17
/// (RFC 2852), MT-PRIORITY 15 (RFC 6710).
inline constexpr std::size_t max_mail_line = max_command_line + 26 + 17 + 500 + 10 + 108 + 11 + 34 + 17 + 15;
/// RCPT may be longer: NOTIFY and ORCPT 500 (RFC 3461 §4).
inline constexpr std::size_t max_rcpt_line = max_command_line + 500;
/// AUTH with an initial response, and each line of the exchange after it (RFC 4954 §4).
inline constexpr std::size_t max_auth_line = 12288;
/// The longest command line of any verb: what a line reader must be able to hold.
inline constexpr std::size_t max_any_line = max_auth_line + max_command_line;
/// RFC 5321 §4.5.3.1.5: octets of one reply line, with CRLF. Longer text is broken over several lines.
inline constexpr std::size_t max_reply_line = 512;
/// RFC 5321 §4.5.3.1.6: octets of a text line, with CRLF. Longer lines are accepted; the decoder tells the longest.
inline constexpr std::size_t max_text_line = 1000;

}  // namespace posthouse::smtp
