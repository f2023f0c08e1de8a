// Rows of users from CSV.
#include "cli/user_rows.h"

#include <algorithm>
#include <map>
#include <optional>

#include "auth/directory/address.h"
#include "auth/passwords/password.h"
#include "cli/csv.h"
#include "cli/quota_size.h"
#include "lib/base/ascii.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_reported = 20;

const std::vector<std::string> default_columns{"email", "password", "quota_mb"};
const std::vector<std::string> known_columns{"email", "password", "password_hash", "quota_mb", "enabled", "admin"};

std::optional<bool> parse_boolean(std::string_view text) {
    for (const std::string_view word : {"1", "yes", "true"}) {
        if (ascii::iequals(text, word)) return true;
    }
    for (const std::string_view word : {"0", "no", "false"}) {
        if (ascii::iequals(text, word)) return false;
    }
    return std::nullopt;
}

Result<std::vector<std::string>> read_heading(const CsvRecord& record) {
    std::vector<std::string> columns;
    for (const std::string& field : record.fields) {
        std::string name = ascii::lower(ascii::trim(field));
        if (std::ranges::find(known_columns, name) == known_columns.end())
            return fail(ErrorCode::invalid, "Line " + std::to_string(record.line) + ": unknown column " + name);
        if (std::ranges::find(columns, name) != columns.end())
            return fail(ErrorCode::invalid, "Line " + std::to_string(record.line) + ": column " + name + " twice");
        columns.push_back(std::move(name));
    }
    return columns;
}

Result<> read_field(UserRow& row, const std::string& column, const std::string& field, auth::LocalPart local_part,
                    std::string_view default_scheme) {
    if (column == "password") {
        if (field.size() > auth::max_password) return fail(ErrorCode::invalid, "password longer than 1024 bytes");
        row.password = field;
        return {};
    }
    const std::string_view value = ascii::trim(field);
    if (column == "email") {
        const Result<auth::MailAddress> address = auth::parse_user_address(value, local_part);
        if (!address) return fail(address.error());
        row.user.email = address->text();
    } else if (value.empty()) {
        return {};
    } else if (column == "password_hash") {
        if (const Result<> known = auth::check_stored_password(value, default_scheme); !known)
            return fail(known.error());
        row.user.password = value;
    } else if (column == "quota_mb") {
        const Result<std::int64_t> quota_mb = parse_quota_mb(value);
        if (!quota_mb) return fail(quota_mb.error().code, "quota_mb: " + quota_mb.error().text);
        row.user.quota_mb = *quota_mb;
    } else {
        const std::optional<bool> flag = parse_boolean(value);
        if (!flag) return fail(ErrorCode::invalid, column + " is neither yes nor no");
        (column == "enabled" ? row.user.enabled : row.user.admin) = *flag;
    }
    return {};
}

Result<UserRow> read_row(const CsvRecord& record, const std::vector<std::string>& columns, bool generate,
                         auth::LocalPart local_part, std::string_view default_scheme) {
    if (record.fields.size() > columns.size()) return fail(ErrorCode::invalid, "too many fields");
    UserRow row;
    row.line = record.line;
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
        if (const Result<> read = read_field(row, columns[i], record.fields[i], local_part, default_scheme); !read)
            return fail(read.error());
    }
    if (row.user.email.empty()) return fail(ErrorCode::invalid, "no email");
    if (!row.password.empty() && !row.user.password.empty())
        return fail(ErrorCode::invalid, "both a password and a password_hash");
    if (row.password.empty() && row.user.password.empty()) {
        if (!generate) return fail(ErrorCode::invalid, "no password (--generate would make one)");
        row.password = auth::generate_password();
        row.generated = true;
    }
    return row;
}

}  // namespace

Result<std::vector<UserRow>> parse_user_rows(std::string_view csv, bool generate, auth::LocalPart local_part,
                                             std::string_view default_scheme) {
    const Result<std::vector<CsvRecord>> records = parse_csv(csv);
    if (!records) return fail(records.error());
    std::vector<std::string> columns = default_columns;
    std::size_t first = 0;
    if (!records->empty() && ascii::iequals(ascii::trim((*records)[0].fields[0]), "email")) {
        Result<std::vector<std::string>> heading = read_heading((*records)[0]);
        if (!heading) return fail(heading.error());
        columns = std::move(*heading);
        first = 1;
    }
    std::vector<UserRow> rows;
    std::map<std::string, std::size_t, std::less<>> lines;
    std::string problems;
    std::size_t problem_count = 0;
    const auto problem = [&](std::size_t line, const std::string& text) {
        if (++problem_count > max_reported) return;
        problems += (problems.empty() ? "Line " : "\nLine ") + std::to_string(line) + ": " + text;
    };
    for (std::size_t i = first; i < records->size(); ++i) {
        Result<UserRow> row = read_row((*records)[i], columns, generate, local_part, default_scheme);
        if (!row) {
            problem((*records)[i].line, row.error().text);
            continue;
        }
        const auto [known, fresh] = lines.emplace(row->user.email, row->line);
        if (!fresh) problem(row->line, row->user.email + " is on line " + std::to_string(known->second) + " already");
        rows.push_back(std::move(*row));
    }
    if (problem_count > max_reported)
        problems += "\n" + std::to_string(problem_count - max_reported) + " more lines are wrong";
    if (problem_count > 0) return fail(ErrorCode::invalid, problems);
    if (rows.empty()) return fail(ErrorCode::invalid, "No rows");
    return rows;
}

}  // namespace posthouse::cli
