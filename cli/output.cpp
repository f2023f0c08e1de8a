// Results: JSON for programs, a sentence for people.
#include "cli/output.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/table.h"

namespace posthouse::cli {

namespace {

template <typename Json>
void print(Context& context, const Json& document) {
    context.out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

void print_json(Context& context, const nlohmann::json& document) { print(context, document); }
void print_ordered_json(Context& context, const nlohmann::ordered_json& document) { print(context, document); }

Exit done(Context& context, const std::string& sentence, const nlohmann::json& document) {
    if (context.json)
        print_json(context, document);
    else
        context.out << printable(sentence) << '\n';
    return Exit::ok;
}

std::string format_time(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm utc{};
    if (::gmtime_r(&time, &utc) == nullptr) return "?";
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &utc)};
}

}  // namespace posthouse::cli
