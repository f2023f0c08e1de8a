// BODY made of BODYSTRUCTURE: the same list without its extension data (RFC 9051 §9, body-ext-1part, body-ext-mpart).
#include <cstddef>

#include "lib/base/ascii.h"
#include "lib/imap/bodystructure.h"
#include "lib/mime/limits.h"

namespace posthouse::imap {
namespace {

/// Copies the values of a list from left to right, or passes over them. Recursion is bounded by max_depth.
class Cutter {
  public:
    explicit Cutter(std::string_view in) : in_(in) {}

    std::optional<std::string> run() {
        out_.reserve(in_.size());
        if (!part(0) || position_ != in_.size()) return std::nullopt;
        return std::move(out_);
    }

  private:
    // NOLINTNEXTLINE(misc-no-recursion)
    bool part(std::size_t depth) {
        if (depth > mime::max_depth || !at('(')) return false;
        copy(1);
        const bool whole = at('(') ? multipart(depth) : single_part(depth);
        if (!whole) return false;
        while (!at(')')) {
            if (!at(' ')) return false;
            ++position_;
            const std::size_t length = value_length();
            if (length == 0) return false;
            position_ += length;
        }
        copy(1);
        return true;
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    bool multipart(std::size_t depth) {
        while (at('(')) {
            if (!part(depth + 1)) return false;
        }
        return copy_space() && copy_value();
    }

    /// Which of the three forms it is shows behind the size: a message goes on with its envelope, a text with a number.
    // NOLINTNEXTLINE(misc-no-recursion)
    bool single_part(std::size_t depth) {
        constexpr int basic_fields = 7;
        for (int i = 0; i < basic_fields; ++i) {
            if ((i > 0 && !copy_space()) || !copy_value()) return false;
        }
        if (!at(' ') || position_ + 1 == in_.size()) return true;
        const char next = in_[position_ + 1];
        if (next == '(') {
            const bool inside = copy_space() && copy_value() && copy_space() && part(depth + 1);
            return inside && copy_space() && copy_value();
        }
        return !ascii::is_digit(next) || (copy_space() && copy_value());
    }

    bool at(char c) const { return position_ < in_.size() && in_[position_] == c; }

    void copy(std::size_t length) {
        out_ += in_.substr(position_, length);
        position_ += length;
    }
    bool copy_space() {
        if (!at(' ')) return false;
        copy(1);
        return true;
    }
    bool copy_value() {
        const std::size_t length = value_length();
        copy(length);
        return length > 0;
    }

    /// Of the string, literal, list, number or NIL that comes next; 0: it doesn't end.
    std::size_t value_length() const {
        std::size_t depth = 0;
        for (std::size_t i = position_; i < in_.size();) {
            const char c = in_[i];
            if (c == '"') {
                for (++i; i < in_.size() && in_[i] != '"'; ++i) i += in_[i] == '\\' ? 1U : 0U;
                ++i;
            } else if (c == '{') {
                const auto close = in_.find('}', i);
                if (close == std::string_view::npos) return 0;
                const auto size = ascii::parse_number(in_.substr(i + 1, close - i - 1));
                if (!size || *size > in_.size()) return 0;
                i = close + 3 + *size;
            } else if (c == '(') {
                ++depth;
                ++i;
            } else if (c == ')' || c == ' ') {
                if (depth == 0) return i - position_;
                if (c == ')') --depth;
                ++i;
            } else {
                ++i;
                continue;
            }
            if (depth == 0) return i <= in_.size() ? i - position_ : 0;
        }
        return 0;
    }

    std::string_view in_;
    std::size_t position_ = 0;
    std::string out_;
};

}  // namespace

std::optional<std::string> body_of(std::string_view bodystructure) { return Cutter(bodystructure).run(); }

}  // namespace posthouse::imap
