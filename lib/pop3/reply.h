// POP3 replies (RFC 1939 §3) with extended response codes (RFC 2449 §8, RFC 3206), and the list of capabilities.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::pop3 {

/// Longest first line of a reply, CRLF included (RFC 1939 §3).
inline constexpr std::size_t max_reply_octets = 512;

/// Why a command failed, for programs (RFC 2449 §8.1, RFC 3206 §3).
enum class ResponseCode {
    none,
    in_use,       ///< [IN-USE]: another session holds the mailbox
    login_delay,  ///< [LOGIN-DELAY]: too soon after the last log-in
    sys_temp,     ///< [SYS/TEMP]: try again later
    sys_perm,     ///< [SYS/PERM]: trying again won't help
    auth,         ///< [AUTH]: the credentials are wrong
};

/// A reply of one line: +OK or -ERR.
struct Reply {
    bool ok = true;
    ResponseCode code = ResponseCode::none;
    std::string text;
};

inline Reply ok(std::string text = {}) { return {true, ResponseCode::none, std::move(text)}; }
inline Reply err(std::string text) { return {false, ResponseCode::none, std::move(text)}; }
inline Reply err(ResponseCode code, std::string text) { return {false, code, std::move(text)}; }

/// The line with its CRLF. Control and 8-bit bytes of the text become '?', what is too long is cut.
std::string to_line(const Reply& reply);

/// A SASL challenge (RFC 5034 §4): "+ " and base64.
std::string to_challenge(std::string_view challenge);

/// What the server offers now (RFC 2449 §6, RFC 2595 §4, RFC 5034 §3, RFC 3206 §4).
struct Capabilities {
    bool user = false;                         ///< USER and PASS
    bool stls = false;                         ///< STLS
    bool xclient = false;                      ///< XCLIENT
    std::vector<std::string> sasl_mechanisms;  ///< SASL …; none: the capability is absent
    std::string implementation;                ///< IMPLEMENTATION …; empty: absent
};

/// The whole reply to CAPA, from +OK to the lone dot.
std::string capability_reply(const Capabilities& capabilities);

}  // namespace posthouse::pop3
