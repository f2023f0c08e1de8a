// Internationalised addresses and headers (RFC 6531): domains as A-labels, and who needs SMTPUTF8.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/smtp/address.h"

namespace posthouse::smtp {

/// A domain in lower case with its labels beyond ASCII as A-labels (RFC 5891, by UTS #46 without transition). One that
/// is ASCII comes back in lower case, whatever it holds; an address literal as it is. `invalid`: it has no such form;
/// `limit`: longer than 4 * 255 octets.
Result<std::string> to_a_labels(std::string_view domain);
/// The domain by which others know it: in A-labels where it has such a form, else as it is.
std::string ascii_domain(const std::string& domain);

/// The address for a server that doesn't offer SMTPUTF8: the domain in A-labels. `unsupported`: the local part isn't
/// ASCII, so there is no other form (RFC 6531 §3.2); `invalid`: the domain has none.
Result<Mailbox> to_ascii(const Mailbox& mailbox);

/// An address for an envelope: in ASCII where it has such a form, unless `utf8`: the message goes by SMTPUTF8.
Mailbox for_envelope(const Mailbox& mailbox, bool utf8);
ReversePath for_envelope(const ReversePath& path, bool utf8);

/// A field of the header holds UTF-8 beyond ASCII (RFC 6532 §3.2). `header` may be the message's or a part's (RFC 6532
/// §3). A line with bytes that are no UTF-8 doesn't count: SMTPUTF8 doesn't make it legal.
bool has_utf8_header(std::string_view header);

/// A message can only go to a server that offers SMTPUTF8 (RFC 6531 §3.4): an address has no form in ASCII, or the
/// header is internationalised. If not, the envelope goes anywhere in the form that `to_ascii` gives.
bool needs_smtputf8(const ReversePath& sender, std::span<const Mailbox> recipients, std::string_view header);

}  // namespace posthouse::smtp
