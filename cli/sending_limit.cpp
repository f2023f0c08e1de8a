// Sending limits of users and domains.
#include "cli/sending_limit.h"

#include <CLI/Option.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::cli {
namespace {

constexpr std::string_view none_of_its_own = "default";

/// "messages per hour" of "messages_per_hour"
std::string spelled(std::string_view column, char between) {
    std::string text(column);
    std::ranges::replace(text, '_', between);
    return text;
}

/// The number of a word; none of its own for "default".
Result<std::optional<std::int64_t>> parse(const std::string& word) {
    if (word == none_of_its_own) return std::nullopt;
    const auto number = ascii::parse_number(word);
    if (!number || *number > static_cast<std::uint64_t>(auth::max_sending_limit))
        return fail(ErrorCode::invalid, "\"" + word + "\" is no limit: a number up to " +
                                            std::to_string(auth::max_sending_limit) + ", or default");
    return static_cast<std::int64_t>(*number);
}

}  // namespace

bool SendingLimitOptions::given() const {
    return std::ranges::any_of(words, [](const auto& word) { return word.has_value(); });
}

void add_sending_limit_options(CLI::App& command, SendingLimitOptions& options) {
    for (std::size_t i = 0; i < auth::sending_limit_columns.size(); ++i) {
        const std::string_view column = auth::sending_limit_columns[i].name;
        command
            .add_option("--" + spelled(column, '-'), options.words[i],
                        "Most " + spelled(column, ' ') +
                            ", in place of section [smtpd]; 0: without a limit; default: none of its own")
            ->type_name("NUMBER");
    }
}

Result<> check(const SendingLimitOptions& options) {
    for (const std::optional<std::string>& word : options.words) {
        if (!word) continue;
        if (const auto number = parse(*word); !number) return fail(number.error());
    }
    return {};
}

Result<auth::SendingLimit> change_sending_limit(auth::Directory& directory, const std::string& address,
                                                const SendingLimitOptions& options) {
    const Result<std::optional<auth::SendingLimit>> present = directory.sending_limit(address);
    if (!present) return fail(present.error());
    auth::SendingLimit limit = present->value_or(auth::SendingLimit{});
    limit.address = address;
    for (std::size_t i = 0; i < options.words.size(); ++i) {
        if (!options.words[i]) continue;
        const auto number = parse(*options.words[i]);
        if (!number) return fail(number.error());
        limit.*auth::sending_limit_columns[i].number = *number;
    }
    if (const Result<> set = directory.sending_limits().set(limit); !set) return fail(set.error());
    return limit;
}

std::string in_words(const auth::SendingLimit& limit) {
    std::string text;
    for (const auth::SendingLimitColumn& column : auth::sending_limit_columns) {
        const std::optional<std::int64_t>& number = limit.*column.number;
        if (!number) continue;
        text += text.empty() ? "" : ", ";
        text += (*number == 0 ? "no limit of" : std::to_string(*number)) + ' ' + spelled(column.name, ' ');
    }
    return text.empty() ? "those of section [smtpd]" : text;
}

nlohmann::json to_json(const auth::SendingLimit& limit) {
    nlohmann::json document = nlohmann::json::object();
    for (const auth::SendingLimitColumn& column : auth::sending_limit_columns)
        if (const std::optional<std::int64_t>& number = limit.*column.number)
            document[std::string(column.name)] = *number;
    return document;
}

Result<SendingLimitMap> sending_limits(auth::Directory& directory) {
    SendingLimitMap all;
    Result<std::vector<auth::SendingLimit>> rows = directory.sending_limits().list();
    if (!rows && rows.error().code == ErrorCode::unsupported) return all;
    if (!rows) return fail(rows.error());
    for (auth::SendingLimit& row : *rows) {
        std::string address = row.address;
        all.emplace(std::move(address), std::move(row));
    }
    return all;
}

}  // namespace posthouse::cli
