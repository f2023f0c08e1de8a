// One field of a message's header.
#include "lib/smtp/field_keeper.h"

#include "lib/base/ascii.h"

namespace posthouse::smtp {

/// The first octet of a line within or behind the value.
void FieldKeeper::begin_line(char c) {
    line_begins_ = false;
    if (where_ == Where::value && !ascii::is_wsp(c)) where_ = Where::end;
    if (where_ == Where::other_line && (c == '\r' || c == '\n')) where_ = Where::end;
    if (where_ == Where::other_line && !ascii::is_wsp(c)) {
        where_ = Where::name;
        begun_.clear();
    }
}

void FieldKeeper::take(char c) {
    if (line_begins_) begin_line(c);
    if (where_ == Where::end) return;
    if (where_ == Where::name) {
        if (begun_.empty() && (c == '\r' || c == '\n')) {
            where_ = Where::end;  // the empty line
            return;
        }
        begun_ += c;
        if (!ascii::iequals(begun_, std::string_view(name_).substr(0, begun_.size())))
            where_ = Where::other_line;
        else if (begun_.size() == name_.size())
            where_ = Where::value;
    } else if (where_ == Where::value && c != '\r' && c != '\n' && value_.size() < max_value) {
        value_ += c;
    }
    line_begins_ = c == '\n';
}

void FieldKeeper::feed(std::string_view content) {
    for (std::size_t at = 0; at < content.size() && where_ != Where::end; ++at) {
        if (where_ == Where::other_line && !line_begins_) {
            at = content.find('\n', at);
            if (at == std::string_view::npos) return;
        }
        take(content[at]);
    }
}

}  // namespace posthouse::smtp
