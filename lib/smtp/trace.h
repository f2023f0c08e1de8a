// Trace fields (RFC 5321 §4.4): Received, Return-Path, and the date in them. Values of strangers are made harmless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/smtp/address.h"

namespace posthouse::smtp {

/// How a message came, for the "with" clause.
struct Transmission {
    bool lmtp = false;
    bool extended = true;  ///< EHLO or LHLO, not HELO
    bool tls = false;
    bool authenticated = false;
    bool utf8 = false;  ///< MAIL said SMTPUTF8
};
/// SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, LMTP, LMTPS, … (RFC 3848 §1), UTF8SMTP, UTF8SMTPSA, … (RFC 6531 §4.3).
std::string with_protocol(const Transmission& transmission);

/// What a Received field says.
struct Received {
    std::string helo;            ///< as the client said it
    std::string client_name;     ///< by reverse DNS; empty: unknown
    std::string client_address;  ///< textual IPv4 or IPv6 address; empty: a local socket
    std::string by;              ///< this host
    std::string id;              ///< the transaction's id
    Transmission transmission;
    std::string tls_version;  ///< "TLSv1.3"; empty: none
    std::string tls_cipher;
    std::string recipient;  ///< for <…>; empty: more than one, or not to be told
    std::int64_t time = 0;  ///< seconds since 1970
    int utc_offset_minutes = 0;
};
/// The whole field, folded, with its last CRLF.
std::string received_field(const Received& received);
/// "Return-Path: <…>" with CRLF.
std::string return_path_field(const ReversePath& sender);
/// "Fri, 21 Nov 1997 09:55:06 -0600" (RFC 5322 §3.3). Times outside the years 0 to 9999 are clamped.
std::string format_date(std::int64_t time, int utc_offset_minutes = 0);

/// Counts the Received fields in a header as it comes, in pieces of any size; for the loop stop (RFC 5321 §6.3).
class ReceivedCounter {
  public:
    /// Takes decoded content (lines ending in CRLF). After the empty line nothing is counted any more.
    void feed(std::string_view content);
    int count() const { return count_; }

  private:
    std::string line_;  ///< at most the first 10 bytes of a line
    bool in_body_ = false;
    int count_ = 0;
};

}  // namespace posthouse::smtp
