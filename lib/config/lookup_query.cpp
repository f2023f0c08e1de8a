// LookupQuery: reading the text of a query.
#include "lib/config/lookup_query.h"

#include <optional>

#include "lib/base/ascii.h"

namespace posthouse::config {

class LookupQueryParser {
  public:
    explicit LookupQueryParser(std::string_view text) : text_(ascii::trim(text)) {
        while (text_.ends_with(';')) text_ = ascii::trim(text_.substr(0, text_.size() - 1));
    }

    Result<LookupQuery> parse() {
        while (at_ < text_.size()) {
            if (const Result<> read = read_one(); !read) return fail(read.error());
        }
        return std::move(query_);
    }

  private:
    using Variable = LookupQuery::Variable;
    using Template = LookupQuery::Template;

    static std::unexpected<Error> error(std::string text) { return fail(ErrorCode::invalid, std::move(text)); }
    bool begins(std::string_view word) const { return text_.substr(at_).starts_with(word); }

    Result<> read_one() {
        const char c = text_[at_];
        if (c == '\'' || c == '"') return read_string(c);
        if (c == '`') return read_name();
        if (begins("--") || c == '#') return copy_until("\n");
        if (begins("/*")) return copy_until("*/");
        if (c == '?') return error("a ? cannot stand in a query");
        if (c == ';') return error("more than one statement");
        if (c != '%') {
            query_.sql_ += c;
            ++at_;
            return {};
        }
        std::string literal;
        Template value;
        if (const Result<> read = read_percent(value, literal); !read) return read;
        query_.sql_ += literal;
        if (!value.pieces.empty()) add_value(std::move(value));
        return {};
    }

    Result<> copy_until(std::string_view end) {
        auto close = text_.find(end, at_ + 1);
        close = close == std::string_view::npos ? text_.size() : close + end.size();
        query_.sql_ += text_.substr(at_, close - at_);
        at_ = close;
        return {};
    }

    Result<> read_name() {
        const auto close = text_.find('`', at_ + 1);
        if (close == std::string_view::npos) return error("a quote has no end");
        query_.sql_ += text_.substr(at_, close + 1 - at_);
        at_ = close + 1;
        return {};
    }

    /// A string: copied as it is, or bound when a parameter is in it.
    Result<> read_string(char quote) {
        const std::size_t begin = at_++;
        Template value;
        std::string literal;   // since the last variable, as it is meant
        std::string verbatim;  // as it is written, with %% as %
        bool escaped = false;
        for (;;) {
            if (at_ >= text_.size()) return error("a quote has no end");
            const char c = text_[at_];
            if (c == quote && begins(std::string{quote, quote})) {
                literal += quote;
                verbatim += std::string{quote, quote};
                at_ += 2;
            } else if (c == quote) {
                ++at_;
                break;
            } else if (c == '%') {
                const std::size_t before = literal.size();
                if (const Result<> read = read_percent(value, literal); !read) return read;
                if (literal.size() > before) verbatim += literal.substr(before);
            } else {
                if (c == '\\') {
                    escaped = true;
                    // What an engine that knows escapes would not take for the end.
                    if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
                        literal += c;
                        verbatim += c;
                        ++at_;
                    }
                }
                literal += text_[at_];
                verbatim += text_[at_++];
            }
        }
        if (value.pieces.empty()) {
            query_.sql_ += quote + verbatim + quote;
            return {};
        }
        if (escaped)
            return error("a backslash cannot stand in quotes with a parameter: " +
                         std::string(text_.substr(begin, at_ - begin)));
        value.rest = std::move(literal);
        add_value(std::move(value));
        return {};
    }

    /// At a percent sign: adds a variable to `value`, taking `literal` along, or a plain percent sign to `literal`.
    Result<> read_percent(Template& value, std::string& literal) {
        ++at_;
        if (begins("%")) {
            literal += '%';
            ++at_;
            return {};
        }
        if (begins("L")) ++at_;
        std::optional<Variable> variable;
        std::string_view name;
        if (begins("{")) {
            const auto close = text_.find('}', at_);
            if (close == std::string_view::npos) return error("a parameter %{ has no end");
            name = text_.substr(at_ + 1, close - at_ - 1);
            at_ = close + 1;
        } else if (at_ < text_.size() && ascii::is_alpha(text_[at_])) {
            name = text_.substr(at_++, 1);
        } else {
            literal += '%';
            return {};
        }
        if (name == "u" || name == "s" || name == "user") variable = Variable::whole;
        if (name == "n" || name == "username") variable = Variable::local;
        if (name == "d" || name == "domain") variable = Variable::domain;
        if (!variable) return error("unknown parameter %" + std::string(name) + " (a percent sign is written %%)");
        value.pieces.push_back({std::move(literal), *variable});
        literal.clear();
        return {};
    }

    void add_value(Template value) {
        query_.sql_ += '?';
        query_.values_.push_back(std::move(value));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    LookupQuery query_;
};

Result<LookupQuery> LookupQuery::parse(std::string_view text) { return LookupQueryParser(text).parse(); }

std::vector<std::string> LookupQuery::values(std::string_view key) const {
    const auto at = key.rfind('@');
    const std::string_view local = at == std::string_view::npos ? key : key.substr(0, at);
    const std::string_view domain = at == std::string_view::npos ? key : key.substr(at + 1);
    std::vector<std::string> out;
    out.reserve(values_.size());
    for (const Template& value : values_) {
        std::string text;
        for (const Piece& piece : value.pieces) {
            text += piece.literal;
            text += piece.variable == Variable::whole ? key : piece.variable == Variable::local ? local : domain;
        }
        out.push_back(text + value.rest);
    }
    return out;
}

}  // namespace posthouse::config
