// The Content-* fields of a MIME part (RFC 2045, RFC 2183, RFC 3282, RFC 2557, RFC 1864).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mime/parameters.h"

namespace posthouse::mime {

/// A media type (RFC 2045 §5); the default is that of §5.2.
struct MediaType {
    std::string type = "text";  ///< in the case of the sender
    std::string subtype = "plain";

    /// Compares without regard to case; an empty `other_subtype` means any.
    bool is(std::string_view other_type, std::string_view other_subtype = {}) const;
};

/// Content-Type (RFC 2045 §5).
struct ContentType : MediaType {
    Parameters parameters;

    /// The charset parameter, or "us-ascii".
    std::string_view charset() const;
};
/// nullopt when there is no "type/subtype"; RFC 2045 §5.2 then wants the default.
std::optional<ContentType> parse_content_type(std::string_view value);

/// Content-Disposition (RFC 2183).
struct ContentDisposition {
    std::string type;  ///< "inline", "attachment", in the case of the sender
    Parameters parameters;
};
std::optional<ContentDisposition> parse_content_disposition(std::string_view value);

/// Content-Transfer-Encoding (RFC 2045 §6.1).
enum class TransferEncoding { identity, quoted_printable, base64, unknown };
/// The mechanism's name without comments, in the case of the sender; empty when there is none, or more than one word.
std::string parse_encoding_name(std::string_view value);
/// identity for 7bit, 8bit, binary and the empty name.
TransferEncoding transfer_encoding(std::string_view name);

/// Content-Language (RFC 3282): the tags in order, at most max_languages.
std::vector<std::string> parse_content_language(std::string_view value);
/// Content-Location (RFC 2557 §4.2): the URI without the white space that folding put in.
std::string parse_content_location(std::string_view value);
/// Content-MD5 (RFC 1864): the digest in base64, without comments.
std::string parse_content_md5(std::string_view value);

}  // namespace posthouse::mime
