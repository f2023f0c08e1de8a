// CSV (RFC 4180).
#include "cli/csv.h"

namespace posthouse::cli {
namespace {

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // byte order mark of spreadsheets
    }

    Result<std::vector<CsvRecord>> parse() {
        std::vector<CsvRecord> records;
        while (at_ < text_.size()) {
            CsvRecord record{line_, {}};
            for (;;) {
                Result<std::string> field = take_field();
                if (!field) return fail(field.error());
                record.fields.push_back(std::move(*field));
                if (!take(',')) break;
            }
            take('\r');
            if (at_ < text_.size() && !take('\n')) return error("text after a quoted field");
            ++line_;
            if (record.fields.size() > 1 || !record.fields[0].empty()) records.push_back(std::move(record));
        }
        return records;
    }

  private:
    bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::unexpected<Error> error(const std::string& what) const {
        return fail(ErrorCode::invalid, "Line " + std::to_string(line_) + ": " + what);
    }
    Result<std::string> take_field() {
        if (!take('"')) {
            auto end = text_.find_first_of(",\r\n\"", at_);
            if (end == std::string_view::npos) end = text_.size();
            if (end < text_.size() && text_[end] == '"') return error("quote inside a field");
            std::string field(text_.substr(at_, end - at_));
            at_ = end;
            return field;
        }
        std::string field;
        for (;;) {
            if (at_ == text_.size()) return error("quoted field without an end");
            const char c = text_[at_++];
            if (c == '"' && !take('"')) return field;
            if (c == '\n') ++line_;
            field += c;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text) { return Parser(text).parse(); }

}  // namespace posthouse::cli
