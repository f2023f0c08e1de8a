// BODY and BODYSTRUCTURE of a message as IMAP sends them (RFC 9051 §7.5.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/mime/structure.h"

namespace posthouse::imap {

/// BODY: without extension data. Sizes are octets on the wire.
std::string body(std::string_view message, const mime::Structure& structure);
/// BODYSTRUCTURE: with MD5, disposition, language and location.
std::string bodystructure(std::string_view message, const mime::Structure& structure);
/// BODY, made of a BODYSTRUCTURE by leaving its extension data out; nullopt: this is none of ours.
std::optional<std::string> body_of(std::string_view bodystructure);

}  // namespace posthouse::imap
