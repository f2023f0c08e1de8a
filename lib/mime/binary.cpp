// Finds what has to be encoded, and copies the rest.
#include "lib/mime/binary.h"

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/mime/header.h"
#include "lib/mime/structure.h"

namespace posthouse::mime {
namespace {

/// Octets that make one line of base64, of 76 characters (RFC 2045 §6.8).
constexpr std::size_t octets_per_line = 57;
constexpr std::size_t lines_per_piece = 512;
constexpr std::string_view field_name = "Content-Transfer-Encoding";

/// What comes in the place of a range: a text, or what the range holds in base64.
struct Edit {
    Range range;
    std::string text;
    bool encodes = false;
};

std::unexpected<Error> not_encodable() { return fail(ErrorCode::invalid, "Binary octets where they can't be encoded"); }

bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// All line ends are CRLF.
bool is_text(std::string_view text) {
    bool after_cr = false;
    for (const char c : text) {
        if (after_cr != (c == '\n')) return false;
        after_cr = c == '\r';
    }
    return !after_cr;
}

class Editor {
  public:
    explicit Editor(std::string_view message) : message_(message), structure_(parse_structure(message)) {}

    Result<> find_edits() {
        for (const Part& part : structure_.parts) {
            if (part.kind != Part::Kind::leaf) continue;
            const bool is_binary = ascii::iequals(encoding_of(part), "binary");
            const bool has_nul = holds_nul(part.body.of(message_));
            if (!is_binary && !has_nul) continue;
            if (!may_be_encoded(part)) {
                if (has_nul || !is_text(part.body.of(message_))) return not_encodable();
                continue;
            }
            if (Result<> labelled = label(part, "base64"); !labelled) return labelled;
            edits_.push_back({part.body, {}, true});
        }
        const std::size_t encoded = edits_.size();
        for (const Part& part : structure_.parts) {
            if (encoded == 0 || part.kind == Part::Kind::leaf || !ascii::iequals(encoding_of(part), "binary")) continue;
            if (Result<> labelled = label(part, "8bit"); !labelled) return labelled;
        }
        std::ranges::sort(edits_, {}, [](const Edit& edit) { return edit.range.begin; });
        return {};
    }

    Result<> write(const std::function<Result<>(std::string_view)>& write) const {
        std::size_t copied = 0;
        for (const Edit& edit : edits_) {
            if (Result<> done = copy(copied, edit.range.begin, write); !done) return done;
            Result<> done = edit.encodes ? encode(edit.range, write) : write(edit.text);
            if (!done) return done;
            copied = edit.range.end;
        }
        return copy(copied, message_.size(), write);
    }

  private:
    std::string encoding_of(const Part& part) const {
        const auto field = first_field(message_, part.header, field_name);
        return field ? parse_encoding_name(field->value) : "";
    }

    /// Only leaves can be in base64 (RFC 2045 §6.4), once; who signed a part signed its octets.
    bool may_be_encoded(const Part& part) const {
        if (part.type.is("multipart") || part.type.is("message") || part.encoding != TransferEncoding::identity)
            return false;
        for (std::uint32_t above = part.parent; above != Part::none; above = structure_.at(above).parent)
            if (structure_.at(above).type.is("multipart", "signed")) return false;
        return true;
    }

    /// Has the part's header name this encoding.
    Result<> label(const Part& part, std::string_view encoding) {
        std::string text = std::string(field_name) + ": " + std::string(encoding) + "\r\n";
        if (const auto field = first_field(message_, part.header, field_name)) {
            edits_.push_back({field->whole, std::move(text)});
            return {};
        }
        // Before the empty line that ends the header.
        const std::string_view header = part.header.of(message_);
        std::size_t end = header.size();
        if (end > 0 && header[end - 1] == '\n') --end;
        if (end > 0 && end < header.size() && header[end - 1] == '\r') --end;
        if (end == header.size() || (end > 0 && header[end - 1] != '\n')) return not_encodable();
        const std::size_t place = part.header.begin + end;
        edits_.push_back({{place, place}, std::move(text)});
        return {};
    }

    Result<> copy(std::size_t begin, std::size_t end, const std::function<Result<>(std::string_view)>& write) const {
        const std::string_view text = Range{begin, end}.of(message_);
        if (holds_nul(text)) return not_encodable();
        return text.empty() ? Result<>{} : write(text);
    }

    Result<> encode(Range range, const std::function<Result<>(std::string_view)>& write) const {
        std::string_view left = range.of(message_);
        std::string lines;
        while (!left.empty()) {
            lines.clear();
            for (std::size_t line = 0; line < lines_per_piece && !left.empty(); ++line) {
                lines += base64::encode(left.substr(0, octets_per_line));
                left.remove_prefix(std::min(left.size(), octets_per_line));
                // The line end after the last one is that before the boundary.
                if (!left.empty() || range.end == message_.size()) lines += "\r\n";
            }
            if (Result<> done = write(lines); !done) return done;
        }
        return {};
    }

    std::string_view message_;
    Structure structure_;
    std::vector<Edit> edits_;
};

}  // namespace

Result<> encode_binary(std::string_view message, const std::function<Result<>(std::string_view piece)>& write) {
    Editor editor(message);
    if (Result<> found = editor.find_edits(); !found) return found;
    return editor.write(write);
}

}  // namespace posthouse::mime
