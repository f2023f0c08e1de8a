// A header block and its fields.
#include "lib/mime/header.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

/// ftext of RFC 5322 §3.6.8: printable ASCII but the colon.
bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

/// Where the line that starts at `position` ends, line end included.
std::size_t line_after(std::string_view text, std::size_t position) {
    const auto lf = text.find('\n', position);
    return lf == std::string_view::npos ? text.size() : lf + 1;
}

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n"; }

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

bool HeaderField::is(std::string_view other) const { return ascii::iequals(name, other); }

std::string HeaderField::text() const { return unfold(value); }

std::string unfold(std::string_view value) {
    value = ascii::trim(value);
    std::string out;
    out.reserve(value.size());
    while (true) {
        const auto lf = value.find('\n');
        if (lf == std::string_view::npos) break;
        if (lf + 1 < value.size() && ascii::is_wsp(value[lf + 1])) {
            out += without_line_end(value.substr(0, lf + 1));
        } else {
            out += value.substr(0, lf + 1);
        }
        value.remove_prefix(lf + 1);
    }
    out += value;
    return out;
}

Range find_header(std::string_view message, std::size_t begin) {
    std::size_t position = begin;
    while (position < message.size()) {
        const std::size_t next = line_after(message, position);
        const bool last = is_empty_line(message.substr(position, next - position));
        position = next;
        if (last) break;
    }
    return {begin, position};
}

HeaderReader::HeaderReader(std::string_view message, Range header)
    : message_(message.substr(0, std::min(header.end, header.begin + max_header_size))),
      position_(header.begin),
      end_(message_.size()),
      fields_left_(max_header_fields) {}

std::optional<HeaderField> HeaderReader::next() {
    if (position_ >= end_ || fields_left_ == 0) return std::nullopt;
    const std::size_t first_end = line_after(message_, position_);
    const std::string_view first = message_.substr(position_, first_end - position_);
    if (is_empty_line(first)) {
        position_ = end_;
        return std::nullopt;
    }
    std::size_t end = first_end;
    while (end < end_ && ascii::is_wsp(message_[end])) end = line_after(message_, end);

    HeaderField field;
    field.whole = {position_, end};
    const std::string_view body = without_line_end(field.whole.of(message_));
    const auto colon = first.find(':');
    std::string_view name = first.substr(0, colon);
    while (name.size() > 1 && ascii::is_wsp(name.back())) name.remove_suffix(1);
    if (colon != std::string_view::npos && is_name(name)) {
        field.name = name;
        field.value = body.substr(colon + 1);
    } else {
        field.value = body;
    }
    position_ = end;
    --fields_left_;
    return field;
}

std::optional<HeaderField> first_field(std::string_view message, Range header, std::string_view name) {
    HeaderReader reader(message, header);
    while (auto field = reader.next()) {
        if (field->is(name)) return field;
    }
    return std::nullopt;
}

std::vector<HeaderField> all_fields(std::string_view message, Range header, std::string_view name) {
    std::vector<HeaderField> fields;
    HeaderReader reader(message, header);
    while (auto field = reader.next()) {
        if (field->is(name)) fields.push_back(*field);
    }
    return fields;
}

}  // namespace posthouse::mime
