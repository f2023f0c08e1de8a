// SendingLimit on the wire.
#include "auth/client/sending_limit.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::auth {

std::string encode(const SendingLimit& limit) {
    std::string text;
    for (const SendingLimitColumn& column : sending_limit_columns)
        if (const std::optional<std::int64_t>& number = limit.*column.number)
            text.append(text.empty() ? "" : " ").append(column.name).append("=").append(std::to_string(*number));
    return text;
}

Result<SendingLimit> parse_sending_limit(std::string_view text) {
    SendingLimit limit;
    for (const std::string_view word : ascii::split(text, ' ')) {
        if (word.empty()) continue;
        const std::size_t equals = std::min(word.find('='), word.size() - 1);
        const auto number = ascii::parse_number(word.substr(equals + 1));
        if (!number || *number > static_cast<std::uint64_t>(max_sending_limit))
            return fail(ErrorCode::invalid, "Malformed number in a sending limit");
        const auto* const column =
            std::ranges::find(sending_limit_columns, word.substr(0, equals), &SendingLimitColumn::name);
        if (column != sending_limit_columns.end()) limit.*column->number = static_cast<std::int64_t>(*number);
    }
    return limit;
}

}  // namespace posthouse::auth
