// Matching of LIST patterns: all positions of the pattern that the name so far can stand at, advanced byte by byte.
#include "lib/imap/list_pattern.h"

#include <vector>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

bool is_wildcard(char c) { return c == '*' || c == '%'; }

}  // namespace

ListPattern::ListPattern(std::string_view pattern, char separator) : separator_(separator) {
    for (const char c : pattern) {
        if (is_wildcard(c) && !pattern_.empty() && is_wildcard(pattern_.back())) {
            if (c == '*') pattern_.back() = '*';
        } else {
            pattern_ += c;
        }
    }
}

bool ListPattern::matches(std::string_view name) const {
    if (pattern_ == "*") return true;
    const bool fold = ascii::iequals(name, "INBOX");
    // reached[p]: pattern_[0, p) matches the part of the name seen so far.
    std::vector<char> reached(pattern_.size() + 1, 0);
    const auto skip_wildcards = [&] {
        for (std::size_t p = 0; p < pattern_.size(); ++p) {
            if (reached[p] != 0 && is_wildcard(pattern_[p])) reached[p + 1] = 1;
        }
    };
    reached[0] = 1;
    skip_wildcards();
    for (const char c : name) {
        bool any = false;
        for (std::size_t p = pattern_.size() + 1; p-- > 0;) {
            char now = 0;
            if (p < pattern_.size() && reached[p] != 0 && is_wildcard(pattern_[p])) {
                now = pattern_[p] == '*' || c != separator_ ? 1 : 0;
            }
            if (p > 0 && reached[p - 1] != 0 && !is_wildcard(pattern_[p - 1])) {
                const char expected = pattern_[p - 1];
                if (expected == c || (fold && ascii::to_lower(expected) == ascii::to_lower(c))) now = 1;
            }
            reached[p] = now;
            any = any || now != 0;
        }
        if (!any) return false;
        skip_wildcards();
    }
    return reached[pattern_.size()] != 0;
}

}  // namespace posthouse::imap
