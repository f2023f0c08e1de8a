// The Content-* fields of a MIME part.
#include "lib/mime/content.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/limits.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

/// tspecials of RFC 2045 §5.1: what ends a token.
constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";

/// The value without white space and comments outside of quoted strings.
std::string without_cfws(std::string_view value) {
    std::string out;
    Scanner in(value);
    for (in.skip_cfws(); !in.at_end(); in.skip_cfws()) {
        out += in.peek();
        in.advance();
    }
    return out;
}

}  // namespace

bool MediaType::is(std::string_view other_type, std::string_view other_subtype) const {
    return ascii::iequals(type, other_type) && (other_subtype.empty() || ascii::iequals(subtype, other_subtype));
}

std::string_view ContentType::charset() const {
    const Parameter* charset = find_parameter(parameters, "charset");
    return charset == nullptr || charset->value.empty() ? std::string_view("us-ascii") : charset->value;
}

std::optional<ContentType> parse_content_type(std::string_view value) {
    Scanner in(value);
    in.skip_cfws();
    ContentType content;
    content.type = in.word(tspecials);
    in.skip_cfws();
    if (content.type.empty() || !in.take('/')) return std::nullopt;
    in.skip_cfws();
    content.subtype = in.word(tspecials);
    if (content.subtype.empty()) return std::nullopt;
    content.parameters = parse_parameters(value, in.position());
    return content;
}

std::optional<ContentDisposition> parse_content_disposition(std::string_view value) {
    Scanner in(value);
    in.skip_cfws();
    ContentDisposition disposition;
    disposition.type = in.word(tspecials);
    if (disposition.type.empty()) return std::nullopt;
    disposition.parameters = parse_parameters(value, in.position());
    return disposition;
}

std::string parse_encoding_name(std::string_view value) {
    Scanner in(value);
    in.skip_cfws();
    std::string name;
    if (in.at('"')) {
        in.quoted_string(name);
    } else {
        name = in.word(tspecials);
    }
    in.skip_cfws();
    // "quoted-printable; charset=…" is meant; "7 bit" and "text/html" mean nothing.
    if (!in.at_end() && !in.at(';')) name.clear();
    return name;
}

TransferEncoding transfer_encoding(std::string_view name) {
    if (ascii::iequals(name, "base64")) return TransferEncoding::base64;
    if (ascii::iequals(name, "quoted-printable")) return TransferEncoding::quoted_printable;
    const bool identity =
        name.empty() || ascii::iequals(name, "7bit") || ascii::iequals(name, "8bit") || ascii::iequals(name, "binary");
    return identity ? TransferEncoding::identity : TransferEncoding::unknown;
}

std::vector<std::string> parse_content_language(std::string_view value) {
    std::vector<std::string> languages;
    Scanner in(value);
    while (languages.size() < max_languages) {
        in.skip_cfws();
        if (in.at_end()) break;
        const std::string_view tag = in.word("(),;\"");
        if (tag.empty()) {
            in.advance();
        } else {
            languages.emplace_back(tag);
        }
    }
    return languages;
}

std::string parse_content_location(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    std::ranges::copy_if(value, std::back_inserter(out), [](char c) { return !is_space(c); });
    if (out.size() >= 2 && out.front() == '"' && out.back() == '"') return out.substr(1, out.size() - 2);
    return out;
}

std::string parse_content_md5(std::string_view value) { return without_cfws(value); }

}  // namespace posthouse::mime
