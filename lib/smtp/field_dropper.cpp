// FieldDropper: each line's beginning decides.
#include "lib/smtp/field_dropper.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

/// Of a line, until it is taken for no field of ours: the longest name, and white space behind it (RFC 5322 §4.5).
constexpr std::size_t max_held = 64;

}  // namespace

bool FieldDropper::is_dropped(std::string_view name) const {
    return std::ranges::any_of(names_, [&](std::string_view one) { return ascii::iequals(one, name); });
}

/// A continuation belongs to the field before it; an empty line ends the header.
void FieldDropper::begin_line(char first) {
    if (first == ' ' || first == '\t') {
        at_ = At::field;
    } else if (first == '\r' || first == '\n') {
        in_body_ = true;
    } else {
        at_ = At::name;
        drops_ = false;
    }
}

void FieldDropper::read_name(std::string_view& piece, std::string& kept) {
    const std::size_t end = std::min(piece.find_first_of(":\n"), piece.size());
    const std::size_t taken = std::min(end, max_held - held_.size());
    held_ += piece.substr(0, taken);
    piece.remove_prefix(taken);
    if (piece.empty() && held_.size() < max_held) return;
    at_ = At::field;
    const bool is_field = !piece.empty() && piece.front() == ':';
    drops_ = is_field && is_dropped(std::string_view(held_).substr(0, held_.find_last_not_of(" \t") + 1));
    if (drops_)
        ++dropped_;
    else
        kept += held_;
    held_.clear();
}

void FieldDropper::feed(std::string& content, std::size_t begin) {
    if (in_body_) return;
    std::string kept;
    std::string_view piece = std::string_view(content).substr(begin);
    while (!piece.empty() && !in_body_) {
        if (at_ == At::line_start) {
            begin_line(piece.front());
            continue;
        }
        if (at_ == At::name) {
            read_name(piece, kept);
            continue;
        }
        const std::size_t lf = piece.find('\n');
        const std::string_view line = piece.substr(0, lf == std::string_view::npos ? piece.size() : lf + 1);
        if (!drops_) kept += line;
        piece.remove_prefix(line.size());
        if (lf != std::string_view::npos) at_ = At::line_start;
    }
    kept += piece;
    content.replace(begin, std::string::npos, kept);
}

std::string FieldDropper::finish() {
    in_body_ = true;
    return std::move(held_);
}

}  // namespace posthouse::smtp
