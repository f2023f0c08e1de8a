// Finds what has to be encoded, and copies the rest.
#include "lib/mime/downgrade.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"
#include "lib/mime/limits.h"
#include "lib/mime/wire.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view field_name = "Content-Transfer-Encoding";
/// Octets whose line ends are completed at a time.
constexpr std::size_t block = 32768;

/// All line ends are CRLF.
bool is_text(std::string_view text) {
    bool after_cr = false;
    for (const char c : text) {
        if (after_cr != (c == '\n')) return false;
        after_cr = c == '\r';
    }
    return !after_cr;
}

std::string_view line_end_of(std::string_view message) {
    const std::size_t lf = message.find('\n');
    const bool bare = lf != std::string_view::npos && (lf == 0 || message[lf - 1] != '\r');
    return bare ? "\n" : "\r\n";
}

std::size_t count_fields(std::string_view message, Range header) {
    HeaderReader reader(message, header);
    std::size_t count = 0;
    while (reader.next()) ++count;
    return count;
}

bool is_global(const Part& part) { return part.type.is("message") && ascii::istarts_with(part.type.subtype, "global"); }

}  // namespace

Downgrade::Downgrade(std::string_view message, LineForm form, SignedParts signed_parts)
    : message_(message),
      form_(form),
      signed_parts_(signed_parts),
      line_end_(line_end_of(message)),
      structure_(parse_structure(message)),
      encoded_(structure_.parts.size()) {
    find_encodings();
    if (!edits_.empty()) follow_labels();
    std::ranges::sort(edits_, {}, [](const Edit& edit) { return std::pair(edit.range.begin, edit.range.end); });
    check();
}

/// No octet of it is one too many for the form.
bool Downgrade::is_fit(std::string_view text) const {
    const bool seven_bit = form_ == LineForm::seven_bit;
    return std::ranges::none_of(text, [seven_bit](char c) { return c == '\0' || (seven_bit && ascii::is_8bit(c)); });
}

std::string Downgrade::encoding_of(const Part& part) const {
    const auto field = first_field(message_, part.header, field_name);
    return field ? parse_encoding_name(field->value) : "";
}

bool Downgrade::is_signed(const Part& part) const {
    for (std::uint32_t above = part.parent; above != Part::none; above = structure_.at(above).parent) {
        if (structure_.at(above).type.is("multipart", "signed")) return true;
    }
    return false;
}

/// The outermost message, or one inside.
bool Downgrade::is_message(const Part& part) const {
    return part.parent == Part::none || structure_.at(part.parent).kind == Part::Kind::message;
}

/// Only leaves can be encoded (RFC 2045 §6.4), once.
bool Downgrade::may_be_encoded(const Part& part) const {
    if (part.encoding != TransferEncoding::identity || part.type.is("multipart")) return false;
    return !part.type.is("message") || is_global(part);
}

bool Downgrade::needs_encoding(const Part& part) const {
    if (part.kind == Part::Kind::leaf) {
        return ascii::iequals(encoding_of(part), "binary") || !is_fit(part.body.of(message_));
    }
    // The message inside is internationalised, so it can be encoded as a whole only.
    return form_ == LineForm::seven_bit && is_global(part) && !is_fit(part.body.of(message_));
}

void Downgrade::find_encodings() {
    for (std::uint32_t index = 0; index < structure_.parts.size(); ++index) {
        const Part& part = structure_.at(index);
        encoded_[index] = part.parent != Part::none && encoded_[part.parent];
        if (encoded_[index] || !needs_encoding(part)) continue;
        const bool in_signed = is_signed(part);
        concerns_signature_ = concerns_signature_ || in_signed;
        if (may_be_encoded(part) && !(in_signed && signed_parts_ == SignedParts::keep)) {
            encode(index);
        } else if (ascii::iequals(encoding_of(part), "binary") && line_end_ == "\r\n") {
            complete_ = complete_ && is_text(part.body.of(message_));
        }
    }
}

/// The encoding of a part: what says that it is in binary is octets; else it is lines.
void Downgrade::encode(std::uint32_t index) {
    const Part& part = structure_.at(index);
    const std::string_view body = part.body.of(message_);
    Action action = Action::base64;
    const bool binary = ascii::iequals(encoding_of(part), "binary") || body.contains('\0');
    if (!binary && count_escapes(body) <= body.size() / 6) {
        action = Action::quoted_printable;
    } else if (!ascii::iequals(encoding_of(part), "binary") && line_end_ == "\n") {
        action = Action::base64_of_text;
    }
    if (!label(part, action == Action::quoted_printable ? "quoted-printable" : "base64")) {
        complete_ = false;
        return;
    }
    encoded_[index] = true;
    edits_.push_back({part.body, {}, action});
}

/// What isn't encoded says what it is now.
void Downgrade::follow_labels() {
    for (std::uint32_t index = 0; index < structure_.parts.size(); ++index) {
        const Part& part = structure_.at(index);
        if (encoded_[index] || (is_signed(part) && signed_parts_ == SignedParts::keep)) continue;
        const std::string encoding = encoding_of(part);
        if (form_ == LineForm::eight_bit) {
            const bool around = part.kind != Part::Kind::leaf && ascii::iequals(encoding, "binary");
            if (around && !label(part, "8bit")) complete_ = false;
        } else if (ascii::iequals(encoding, "8bit") || ascii::iequals(encoding, "binary")) {
            if (is_fit(part.body.of(message_)) || part.kind != Part::Kind::leaf) {
                if (!label(part, "7bit")) complete_ = false;
            }
        }
    }
}

/// Has the part's header name this encoding; false when there is no place for it.
bool Downgrade::label(const Part& part, std::string_view encoding) {
    std::string text(field_name);
    text.append(": ").append(encoding).append(line_end_);
    if (const auto field = first_field(message_, part.header, field_name)) {
        edits_.push_back({field->whole, std::move(text)});
        return true;
    }
    // One that nobody would look at says nothing.
    if (part.header.size() >= max_header_size || count_fields(message_, part.header) >= max_header_fields) return false;
    // Before the empty line that ends the header.
    const std::string_view header = part.header.of(message_);
    std::size_t end = header.size();
    if (end > 0 && header[end - 1] == '\n') --end;
    if (end > 0 && end < header.size() && header[end - 1] == '\r') --end;
    if (end == header.size() || (end > 0 && header[end - 1] != '\n')) return false;
    // Who sends 8-bit text as it is may not know of MIME at all (RFC 2045 §4).
    if (form_ == LineForm::seven_bit && is_message(part) && !first_field(message_, part.header, "MIME-Version")) {
        text.insert(0, "MIME-Version: 1.0" + std::string(line_end_));
    }
    const std::size_t place = part.header.begin + end;
    edits_.push_back({{place, place}, std::move(text)});
    return true;
}

/// Looks at what is copied.
void Downgrade::check() {
    std::size_t copied = 0;
    for (const Edit& edit : edits_) {
        complete_ = complete_ && is_fit(Range{copied, edit.range.begin}.of(message_));
        copied = edit.range.end;
    }
    complete_ = complete_ && is_fit(message_.substr(copied));
}

bool Downgrade::breaks_dkim() const {
    return changes() && first_field(message_, structure_.root().header, "DKIM-Signature").has_value();
}

Result<> Downgrade::encode_range(const Edit& edit, const Write& write) const {
    std::string_view left = edit.range.of(message_);
    if (edit.action == Action::quoted_printable) return write_quoted_printable(left, line_end_, write);
    Base64Writer writer(line_end_, write);
    CrlfEncoder lines;
    std::string piece;
    while (edit.action == Action::base64_of_text && !left.empty()) {
        piece.clear();
        lines.encode(left.substr(0, block), piece);
        left.remove_prefix(std::min(left.size(), block));
        if (Result<> done = writer.feed(piece); !done) return done;
    }
    if (Result<> done = writer.feed(left); !done) return done;
    // The line end after the last line is that before the boundary.
    return writer.finish(edit.range.end == message_.size());
}

Result<> Downgrade::write(const Write& write) const {
    std::size_t copied = 0;
    for (const Edit& edit : edits_) {
        const std::string_view before = Range{copied, edit.range.begin}.of(message_);
        if (Result<> done = before.empty() ? Result<>{} : write(before); !done) return done;
        Result<> done = edit.action == Action::replace ? write(edit.text) : encode_range(edit, write);
        if (!done) return done;
        copied = edit.range.end;
    }
    const std::string_view rest = message_.substr(copied);
    return rest.empty() ? Result<>{} : write(rest);
}

}  // namespace posthouse::mime
