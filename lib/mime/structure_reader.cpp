// Reading the tree of a message's parts. Each line is looked at once; only lines that start with "--" are compared,
// with the boundaries of the multiparts that are open around them.
#include "lib/mime/structure_reader.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"

namespace posthouse::mime {
namespace {

/// Around a boundary: "--" on both sides.
constexpr std::size_t dashes = 4;

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n"; }

bool is_message(const Part& part) { return part.type.is("message", "rfc822") || part.type.is("message", "global"); }

}  // namespace

StructureReader::StructureReader(const StructureLimits& limits, const OutlineLimits& outline)
    : limits_(limits), outline_limits_(outline) {
    begin_part({}, Part::none);
}

void StructureReader::feed(std::string_view raw) {
    while (!raw.empty()) {
        if (at_line_start_) begin_line(raw.front());
        raw.remove_prefix(looking_ ? read_line(raw) : pass_over(raw));
    }
}

void StructureReader::begin_line(char first) {
    looking_ = in_header_ || (!boundaries_.empty() && first == '-');
    if (!looking_) return;
    line_start_ = here_;
    line_end_before_ = line_end_;
    headers_before_ = headers_.size();
    sample_before_ = sampling_ ? samples_.back().bytes.size() : 0;
    line_.clear();
}

/// Takes what can't be a delimiter; gives how much that was.
std::size_t StructureReader::pass_over(std::string_view raw) {
    const auto found = boundaries_.empty() ? std::string_view::npos : raw.find("\n-");
    raw = raw.substr(0, found == std::string_view::npos ? raw.size() : found + 1);
    take(raw);
    return raw.size();
}

std::size_t StructureReader::read_line(std::string_view raw) {
    const auto lf = raw.find('\n');
    const bool whole = lf != std::string_view::npos;
    raw = raw.substr(0, whole ? lf + 1 : raw.size());
    take(raw);
    if (whole && line_.empty()) {
        look_at_line(raw, true);
    } else {
        line_ += raw.substr(0, limits_.boundary + dashes - std::min(line_.size(), limits_.boundary + dashes));
        if (whole) look_at_line(line_, true);
    }
    return raw.size();
}

/// Measures, and keeps what is to be kept.
void StructureReader::take(std::string_view raw) {
    here_.size += wire_size(raw, after_cr_);
    here_.position += raw.size();
    at_line_start_ = raw.back() == '\n';
    if (at_line_start_) line_end_ = (raw.size() > 1 ? raw[raw.size() - 2] == '\r' : after_cr_) ? 2 : 1;
    after_cr_ = raw.back() == '\r';
    if (in_header_) {
        const std::size_t held = headers_.size() - kept_[open_.back().index].begin;
        headers_ += raw.substr(0, max_header_size - held);
    } else if (sampling_) {
        std::string& sample = samples_.back().bytes;
        sample += raw.substr(0, outline_limits_.bytes - sample.size());
    }
}

/// A line behind here_; not `whole`: the message ends in it.
void StructureReader::look_at_line(std::string_view line, bool whole) {
    if (in_header_ && whole && is_empty_line(line)) return end_header(here_);
    if (const auto found = match(line, whole)) boundary_line(*found);
}

/// The boundary that the line starts with (RFC 2046 §5.1.1: the rest of the line doesn't count): the longest, among
/// equal ones the innermost.
std::optional<StructureReader::BoundaryLine> StructureReader::match(std::string_view line, bool whole) const {
    if (!line.starts_with("--")) return std::nullopt;
    line.remove_prefix(2);
    std::optional<std::size_t> best;
    for (std::size_t i = boundaries_.size(); i-- > 0;) {
        const bool longer = !best || boundaries_[i].text.size() > boundaries_[*best].text.size();
        if (longer && line.starts_with(boundaries_[i].text)) best = i;
    }
    if (!best) return std::nullopt;
    // A message that was cut off behind a delimiter has no part there.
    return BoundaryLine{*best, !whole || line.substr(boundaries_[*best].text.size()).starts_with("--")};
}

/// A delimiter line lies between line_start_ and here_.
void StructureReader::boundary_line(const BoundaryLine& line) {
    headers_.resize(headers_before_);
    if (sampling_) samples_.back().bytes.resize(sample_before_);
    // The line end before a delimiter belongs to it; in wire form it has two octets.
    const Mark end{line_start_.position - line_end_before_, {line_start_.size.octets - 2, line_start_.size.lines - 1}};
    const std::size_t level = boundaries_[line.boundary].level;
    close_parts(level + 1, end, line_start_);
    boundaries_.resize(line.boundary + (line.closing ? 0 : 1));
    in_header_ = false;
    if (!line.closing) begin_part(here_, open_.back().index);
}

void StructureReader::begin_part(const Mark& begin, std::uint32_t parent) {
    const auto index = static_cast<std::uint32_t>(parts_.size());
    Part part;
    part.parent = parent;
    part.header = {begin.position, begin.position};
    part.body = part.header;
    if (parent != Part::none) {
        part.depth = parts_[parent].depth + 1;
        const bool in_digest =
            parts_[parent].kind == Part::Kind::multipart && ascii::iequals(parts_[parent].type.subtype, "digest");
        if (in_digest) part.type = {"message", "rfc822"};
        std::uint32_t& last = open_.back().last_child;
        (last == Part::none ? parts_[parent].first_child : parts_[last].next_sibling) = index;
        last = index;
    }
    parts_.push_back(std::move(part));
    kept_.push_back({headers_.size(), headers_.size()});
    open_.push_back({index, Part::none, begin, begin});
    in_header_ = true;
    sampling_ = false;
    // The last part there may be takes the rest of the message.
    if (full()) boundaries_.clear();
}

/// The header of the innermost part ends: decides what its body is.
void StructureReader::end_header(const Mark& end) {
    OpenPart& open = open_.back();
    Part& part = parts_[open.index];
    part.header.end = end.position;
    part.header_size = {end.size.octets - open.header.size.octets, end.size.lines - open.header.size.lines};
    part.body = {end.position, end.position};
    open.body = end;
    in_header_ = false;
    Range& kept = kept_[open.index];
    kept.end = headers_.size();
    ContentFields fields = read_content_fields(part, kept.of(headers_));
    if (kept.end > outline_limits_.headers) {
        headers_.resize(kept.begin);
        kept.end = kept.begin;
    }
    const bool may_nest = part.depth + 1 < limits_.depth && !full();
    if (part.type.is("multipart")) {
        part.opaque = !may_nest || fields.boundary.size() > limits_.boundary;
        if (part.opaque) return;
        part.kind = Part::Kind::multipart;
        if (!fields.boundary.empty()) boundaries_.push_back({std::move(fields.boundary), open_.size() - 1});
    } else if (is_message(part)) {
        part.opaque = !may_nest || part.encoding == TransferEncoding::base64 ||
                      part.encoding == TransferEncoding::quoted_printable;
        if (part.opaque) return;
        part.kind = Part::Kind::message;
        begin_part(end, open.index);
    } else if (!fields.attached && samples_.size() < outline_limits_.texts &&
               (part.type.is("text", "plain") || part.type.is("text", "html"))) {
        samples_.push_back({open.index, {}});
        sampling_ = true;
    }
}

StructureReader::ContentFields StructureReader::read_content_fields(Part& part, std::string_view header) const {
    HeaderReader reader(header);
    ContentFields fields;
    bool typed = false;
    bool encoded = false;
    while (const auto field = reader.next()) {
        if (!ascii::istarts_with(field->name, "Content-")) continue;
        if (!typed && field->is("Content-Type")) {
            typed = true;
            const auto type = parse_content_type(field->value);
            if (!type) continue;
            part.type = {type->type.substr(0, max_media_type), type->subtype.substr(0, max_media_type)};
            // One byte too many is enough to be no charset's name.
            part.charset = ascii::trim(type->charset()).substr(0, max_charset_name + 1);
            if (const Parameter* boundary = find_parameter(type->parameters, "boundary"))
                fields.boundary = boundary->value;
        } else if (!encoded && field->is("Content-Transfer-Encoding")) {
            encoded = true;
            part.encoding = transfer_encoding(parse_encoding_name(field->value));
        } else if (outline_limits_.texts > 0 && field->is("Content-Disposition")) {
            fields.attached = fields.attached || ascii::istarts_with(ascii::trim(field->value), "attachment");
        }
    }
    return fields;
}

/// Ends the open parts from `level` on at `end`; the header that is being read, if any, ends at `header_end`. A part
/// that begins behind `end` is empty, and so widens those around it.
void StructureReader::close_parts(std::size_t level, Mark end, const Mark& header_end) {
    // A header without its empty line keeps its last line end. A message/rfc822 begins an empty message.
    while (in_header_) end_header(header_end);
    sampling_ = false;
    while (open_.size() > level) {
        const OpenPart& open = open_.back();
        if (open.body.position > end.position) end = open.body;
        Part& part = parts_[open.index];
        part.body.end = end.position;
        part.body_size = {end.size.octets - open.body.size.octets, end.size.lines - open.body.size.lines};
        open_.pop_back();
    }
}

void StructureReader::finish() {
    if (!at_line_start_ && looking_) look_at_line(line_, false);
    close_parts(0, here_, here_);
}

Structure StructureReader::structure() && {
    finish();
    return {std::move(parts_)};
}

Outline StructureReader::outline() && {
    finish();
    for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i].header = kept_[i];
    return {std::move(headers_), {std::move(parts_)}, std::move(samples_)};
}

}  // namespace posthouse::mime
