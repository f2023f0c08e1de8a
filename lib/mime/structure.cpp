// The tree of a message's MIME parts. Each line is looked at once; only lines that start with "--" are compared, with
// the boundaries of the multiparts that are open around them.
#include "lib/mime/structure.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"

namespace posthouse::mime {
namespace {

/// Reads a message line by line; open_ is the path from the root to the part that the line belongs to.
class StructureParser {
  public:
    StructureParser(std::string_view message, const StructureLimits& limits) : message_(message), limits_(limits) {}

    Structure run() {
        begin_part(0, Part::none);
        while (position_ < message_.size()) {
            if (in_header_) {
                header_line();
            } else {
                body_lines();
            }
        }
        close_parts(0, message_.size());
        return {std::move(parts_)};
    }

  private:
    struct OpenPart {
        std::uint32_t index;
        std::uint32_t last_child = Part::none;
    };
    struct Boundary {
        std::string text;
        std::size_t level;  ///< of its multipart in open_
    };
    struct BoundaryLine {
        std::size_t boundary;  ///< in boundaries_
        bool closing;
    };

    Part& innermost() { return parts_[open_.back().index]; }

    void begin_part(std::size_t begin, std::uint32_t parent) {
        const auto index = static_cast<std::uint32_t>(parts_.size());
        Part part;
        part.parent = parent;
        part.header = {begin, begin};
        part.body = {begin, begin};
        if (parent != Part::none) {
            part.depth = parts_[parent].depth + 1;
            const bool in_digest =
                parts_[parent].kind == Part::Kind::multipart && ascii::iequals(parts_[parent].type.subtype, "digest");
            if (in_digest) part.type = {"message", "rfc822", {}};
            std::uint32_t& last = open_.back().last_child;
            (last == Part::none ? parts_[parent].first_child : parts_[last].next_sibling) = index;
            last = index;
        }
        parts_.push_back(std::move(part));
        open_.push_back({index});
        position_ = begin;
        in_header_ = true;
        // The last part there may be takes the rest of the message.
        if (full()) boundaries_.clear();
    }

    bool full() const { return parts_.size() >= limits_.parts; }

    std::size_t line_after(std::size_t position) const {
        const auto lf = message_.find('\n', position);
        return lf == std::string_view::npos ? message_.size() : lf + 1;
    }

    void header_line() {
        const std::size_t next = line_after(position_);
        const std::string_view line = message_.substr(position_, next - position_);
        if (line == "\n" || line == "\r\n") return end_header(next);
        if (const auto found = match(line)) return boundary_line(*found, next);
        position_ = next;
    }

    void body_lines() {
        if (boundaries_.empty()) {
            position_ = message_.size();
            return;
        }
        if (message_.substr(position_).starts_with("--")) {
            const std::size_t next = line_after(position_);
            if (const auto found = match(message_.substr(position_, next - position_))) {
                return boundary_line(*found, next);
            }
        }
        const auto found = message_.find("\n--", position_);
        position_ = found == std::string_view::npos ? message_.size() : found + 1;
    }

    /// The boundary that the line starts with (RFC 2046 §5.1.1: the rest of the line doesn't count): the longest, among
    /// equal ones the innermost.
    std::optional<BoundaryLine> match(std::string_view line) const {
        if (!line.starts_with("--")) return std::nullopt;
        line.remove_prefix(2);
        std::optional<std::size_t> best;
        for (std::size_t i = boundaries_.size(); i-- > 0;) {
            const bool longer = !best || boundaries_[i].text.size() > boundaries_[*best].text.size();
            if (longer && line.starts_with(boundaries_[i].text)) best = i;
        }
        if (!best) return std::nullopt;
        // A message that was cut off behind a delimiter has no part there.
        const bool closing = line.substr(boundaries_[*best].text.size()).starts_with("--") || !line.ends_with('\n');
        return BoundaryLine{*best, closing};
    }

    /// At a delimiter line; `next` is the line behind it.
    void boundary_line(const BoundaryLine& line, std::size_t next) {
        std::size_t end = position_;  // the line end before a delimiter belongs to it
        if (end > 0) --end;
        if (end > 0 && message_[end - 1] == '\r') --end;
        const std::size_t level = boundaries_[line.boundary].level;
        close_parts(level + 1, end);
        boundaries_.resize(line.boundary + (line.closing ? 0 : 1));
        position_ = next;
        in_header_ = false;
        if (!line.closing) begin_part(next, open_.back().index);
    }

    /// Ends the open parts from `level` on. A part that begins behind `end` is empty, and so widens those around it.
    void close_parts(std::size_t level, std::size_t end) {
        // A header without its empty line keeps its last line end. A message/rfc822 begins an empty message.
        while (in_header_) end_header(position_);
        while (open_.size() > level) {
            Part& part = innermost();
            end = std::max(end, part.body.begin);
            part.body.end = end;
            open_.pop_back();
        }
    }

    /// The header of the innermost part ends at `end`: decides what its body is.
    void end_header(std::size_t end) {
        Part& part = innermost();
        part.header.end = end;
        part.body = {end, end};
        position_ = end;
        in_header_ = false;
        read_content_fields(part);
        const bool may_nest = part.depth + 1 < limits_.depth && !full();
        if (part.type.is("multipart")) {
            const Parameter* boundary = find_parameter(part.type.parameters, "boundary");
            const bool bounded = boundary != nullptr && !boundary->value.empty();
            part.opaque = !may_nest || (bounded && boundary->value.size() > limits_.boundary);
            if (part.opaque) return;
            part.kind = Part::Kind::multipart;
            if (bounded) boundaries_.push_back({boundary->value, open_.size() - 1});
        } else if (is_message(part)) {
            part.opaque = !may_nest || part.encoding == TransferEncoding::base64 ||
                          part.encoding == TransferEncoding::quoted_printable;
            if (part.opaque) return;
            part.kind = Part::Kind::message;
            begin_part(end, open_.back().index);
        }
    }

    static bool is_message(const Part& part) {
        return part.type.is("message", "rfc822") || part.type.is("message", "global");
    }

    void read_content_fields(Part& part) const {
        HeaderReader reader(message_, part.header);
        bool typed = false;
        bool encoded = false;
        while (const auto field = reader.next()) {
            if (!typed && field->is("Content-Type")) {
                typed = true;
                if (auto type = parse_content_type(field->value)) part.type = std::move(*type);
            } else if (!encoded && field->is("Content-Transfer-Encoding")) {
                encoded = true;
                part.encoding = transfer_encoding(parse_encoding_name(field->value));
            }
        }
    }

    std::string_view message_;
    StructureLimits limits_;
    std::vector<Part> parts_;
    std::vector<OpenPart> open_;
    std::vector<Boundary> boundaries_;  ///< of the open multiparts, outermost first
    std::size_t position_ = 0;          ///< start of a line
    bool in_header_ = false;            ///< of the innermost part
};

/// Measures all parts in one pass: the parts lie inside each other, so that each on its own would cost its depth.
void measure(std::string_view message, std::vector<Part>& parts) {
    std::vector<std::pair<std::size_t, WireSize>> marks;
    marks.reserve(parts.size() * 3);
    for (const Part& part : parts) {
        for (const std::size_t position : {part.header.begin, part.body.begin, part.body.end}) {
            marks.emplace_back(position, WireSize{});
        }
    }
    const auto position_of = [](const auto& mark) { return mark.first; };
    std::ranges::sort(marks, {}, position_of);
    WireSize total;
    std::size_t measured = 0;
    for (auto& [position, size] : marks) {
        const bool after_cr = measured > 0 && message[measured - 1] == '\r';
        total += wire_size(message.substr(measured, position - measured), after_cr);
        measured = position;
        size = total;
    }
    const auto size_between = [&](std::size_t begin, std::size_t end) {
        const WireSize& from = std::ranges::lower_bound(marks, begin, {}, position_of)->second;
        const WireSize& to = std::ranges::lower_bound(marks, end, {}, position_of)->second;
        return WireSize{to.octets - from.octets, to.lines - from.lines};
    };
    for (Part& part : parts) {
        part.header_size = size_between(part.header.begin, part.header.end);
        part.body_size = size_between(part.body.begin, part.body.end);
    }
}

}  // namespace

const Part* Structure::child(const Part& part, std::uint32_t number) const {
    if (number == 0) return nullptr;
    std::uint32_t index = part.first_child;
    while (index != Part::none && --number > 0) index = parts[index].next_sibling;
    return index == Part::none ? nullptr : &parts[index];
}

Structure parse_structure(std::string_view message, const StructureLimits& limits) {
    Structure structure = StructureParser(message, limits).run();
    measure(message, structure.parts);
    return structure;
}

}  // namespace posthouse::mime
