// BODY and BODYSTRUCTURE of a message as IMAP sends them.
#include "lib/imap/bodystructure.h"

#include <array>
#include <optional>

#include "lib/imap/envelope.h"
#include "lib/imap/strings.h"
#include "lib/mime/content.h"
#include "lib/mime/header.h"

namespace posthouse::imap {
namespace {

/// Stands for what isn't there: a multipart must have a part, a message/rfc822 an envelope and a body (RFC 9051 §9).
constexpr std::string_view empty_text = R"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)";
constexpr std::string_view empty_envelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

/// Once this much is written, of headers no more is shown than what the parts keep of them: many messages inside one,
/// each with a long list of short addresses, would otherwise make gigabytes of a few megabytes.
constexpr std::size_t headers_up_to = 4U << 20U;

/// The Content-* fields as IMAP shows them; the first of each counts.
struct ContentFields {
    mime::ContentType type;
    std::optional<std::string> id;
    std::optional<std::string> description;
    std::string encoding;
    std::optional<std::string> md5;
    std::optional<mime::ContentDisposition> disposition;
    std::vector<std::string> languages;
    std::optional<std::string> location;
};

void keep_first(std::optional<std::string>& kept, std::string value) {
    if (!kept) kept = std::move(value);
}

/// The encoding's name when no field has it.
std::string_view name_of(mime::TransferEncoding encoding) {
    switch (encoding) {
        case mime::TransferEncoding::quoted_printable: return "quoted-printable";
        case mime::TransferEncoding::base64: return "base64";
        case mime::TransferEncoding::identity:
        case mime::TransferEncoding::unknown: break;
    }
    return "7bit";
}

ContentFields read_fields(std::string_view message, const mime::Part& part, mime::Range header) {
    ContentFields fields;
    fields.type = {part.type, {}};
    bool typed = false;
    mime::HeaderReader reader(message, header);
    while (const auto field = reader.next()) {
        if (!field->name.starts_with('C') && !field->name.starts_with('c')) continue;
        if (field->is("Content-Type")) {
            // As when the structure was read: only the first is asked.
            auto type = typed ? std::nullopt : mime::parse_content_type(field->value);
            if (type) fields.type = std::move(*type);
            typed = true;
        } else if (field->is("Content-ID")) {
            keep_first(fields.id, field->text());
        } else if (field->is("Content-Description")) {
            keep_first(fields.description, field->text());
        } else if (field->is("Content-Transfer-Encoding")) {
            if (fields.encoding.empty()) fields.encoding = mime::parse_encoding_name(field->value);
        } else if (field->is("Content-MD5")) {
            keep_first(fields.md5, mime::parse_content_md5(field->value));
        } else if (field->is("Content-Disposition")) {
            if (!fields.disposition) fields.disposition = mime::parse_content_disposition(field->value);
        } else if (field->is("Content-Language")) {
            if (fields.languages.empty()) fields.languages = mime::parse_content_language(field->value);
        } else if (field->is("Content-Location")) {
            keep_first(fields.location, mime::parse_content_location(field->value));
        }
    }
    return fields;
}

/// Writes one message's structure; recursion is bounded by mime::max_depth.
class Writer {
  public:
    Writer(std::string_view message, const mime::Structure& structure, bool extended)
        : message_(message), structure_(structure), extended_(extended) {}

    std::string run() {
        write(structure_.root());
        return std::move(out_);
    }

  private:
    // NOLINTNEXTLINE(misc-no-recursion)
    void write(const mime::Part& part) {
        out_ += '(';
        if (part.kind == mime::Part::Kind::multipart) {
            multipart(part);
        } else {
            single_part(part);
        }
        out_ += ')';
    }

    void write_empty() {
        out_ += '(';
        out_ += empty_text;
        if (extended_) out_ += " NIL NIL NIL NIL";
        out_ += ')';
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void multipart(const mime::Part& part) {
        if (part.first_child == mime::Part::none) write_empty();
        for (auto child = part.first_child; child != mime::Part::none; child = structure_.at(child).next_sibling) {
            write(structure_.at(child));
        }
        out_ += ' ';
        const ContentFields fields = fields_of(part);
        append_string(out_, fields.type.subtype);
        if (!extended_) return;
        out_ += ' ';
        parameters(fields.type.parameters, {});
        extension(fields);
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void single_part(const mime::Part& part) {
        const ContentFields fields = fields_of(part);
        const bool text = part.type.is("text");
        const bool message = part.kind == mime::Part::Kind::message || (part.opaque && part.type.is("message"));
        if (part.opaque && !message) {
            // "multipart/…" would promise parts that aren't shown.
            out_ += R"("application" "octet-stream" )";
        } else {
            append_string(out_, fields.type.type);
            out_ += ' ';
            append_string(out_, fields.type.subtype);
            out_ += ' ';
        }
        parameters(fields.type.parameters, text ? std::string_view(part.charset) : std::string_view());
        out_ += ' ';
        append_nstring(out_, fields.id);
        out_ += ' ';
        append_nstring(out_, fields.description);
        out_ += ' ';
        append_string(out_, fields.encoding.empty() ? name_of(part.encoding) : fields.encoding);
        out_ += ' ' + std::to_string(part.body_size.octets);
        if (part.kind == mime::Part::Kind::message) {
            const mime::Part& inside = structure_.at(part.first_child);
            out_ += ' ';
            append_envelope(message_, header_of(inside), out_);
            out_ += ' ';
            write(inside);
        } else if (message) {
            out_ += ' ';
            out_ += empty_envelope;
            out_ += ' ';
            write_empty();
        }
        if (text || message) out_ += ' ' + std::to_string(part.body_size.lines);
        if (!extended_) return;
        out_ += ' ';
        append_nstring(out_, fields.md5);
        extension(fields);
    }

    /// Empty when no more of headers is to be shown.
    mime::Range header_of(const mime::Part& part) const {
        return out_.size() < headers_up_to ? part.header : mime::Range{part.header.begin, part.header.begin};
    }
    ContentFields fields_of(const mime::Part& part) const { return read_fields(message_, part, header_of(part)); }

    /// "(name value …)" or NIL. A text has a charset even when its header doesn't say so (RFC 2045 §5.2), or isn't
    /// shown.
    void parameters(const mime::Parameters& parameters, std::string_view charset) {
        const bool add_charset = !charset.empty() && mime::find_parameter(parameters, "charset") == nullptr;
        if (parameters.empty() && !add_charset) {
            out_ += "NIL";
            return;
        }
        out_ += '(';
        for (const mime::Parameter& parameter : parameters) {
            if (!out_.ends_with('(')) out_ += ' ';
            append_string(out_, parameter.name + (parameter.extended ? "*" : ""));
            out_ += ' ';
            append_string(out_, parameter.value);
        }
        if (add_charset) {
            out_ += parameters.empty() ? R"("charset" )" : R"( "charset" )";
            append_string(out_, charset);
        }
        out_ += ')';
    }

    /// Disposition, language, location.
    void extension(const ContentFields& fields) {
        out_ += ' ';
        if (fields.disposition) {
            out_ += '(';
            append_string(out_, fields.disposition->type);
            out_ += ' ';
            parameters(fields.disposition->parameters, {});
            out_ += ')';
        } else {
            out_ += "NIL";
        }
        out_ += ' ';
        languages(fields.languages);
        out_ += ' ';
        append_nstring(out_, fields.location);
    }

    void languages(const std::vector<std::string>& tags) {
        if (tags.empty()) {
            out_ += "NIL";
            return;
        }
        char before = '(';
        for (const std::string& tag : tags) {
            out_ += before;
            append_string(out_, tag);
            before = ' ';
        }
        out_ += ')';
    }

    std::string_view message_;
    const mime::Structure& structure_;
    bool extended_;
    std::string out_;
};

}  // namespace

std::string body(std::string_view message, const mime::Structure& structure) {
    return Writer(message, structure, false).run();
}

std::string bodystructure(std::string_view message, const mime::Structure& structure) {
    return Writer(message, structure, true).run();
}

}  // namespace posthouse::imap
