// Parser of POP3 command lines: a table of keywords, and one small function per shape of arguments.
#include "lib/pop3/command.h"

#include <array>
#include <limits>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"

namespace posthouse::pop3 {
namespace {

/// What follows the keyword: nothing, or one space and the rest.
using Arguments = std::optional<std::string_view>;

Result<MessageNumber> message_number(std::string_view text) {
    const std::optional<std::uint64_t> number = ascii::parse_number(text);
    if (!number || *number == 0) return fail(ErrorCode::invalid, "Message number expected");
    // More than any mailbox holds is no syntax error, it is a message which doesn't exist.
    constexpr std::uint64_t most = std::numeric_limits<MessageNumber>::max();
    return static_cast<MessageNumber>(*number < most ? *number : most);
}

template <typename T>
Result<Command> without_arguments(Arguments arguments) {
    if (arguments && !arguments->empty()) return fail(ErrorCode::invalid, "Command takes no argument");
    return T{};
}

template <typename T>
Result<Command> with_message(Arguments arguments) {
    if (!arguments || arguments->empty()) return fail(ErrorCode::invalid, "Message number expected");
    const Result<MessageNumber> number = message_number(*arguments);
    if (!number) return fail(number.error());
    return T{*number};
}

template <typename T>
Result<Command> with_optional_message(Arguments arguments) {
    if (!arguments || arguments->empty()) return T{};
    const Result<MessageNumber> number = message_number(*arguments);
    if (!number) return fail(number.error());
    return T{*number};
}

Result<Command> user(Arguments arguments) {
    if (!arguments || arguments->empty()) return fail(ErrorCode::invalid, "User name expected");
    return User{std::string(*arguments)};
}

Result<Command> pass(Arguments arguments) {
    if (!arguments) return fail(ErrorCode::invalid, "Password expected");
    return Pass{Secret(std::string(*arguments))};
}

Result<Command> apop(Arguments arguments) {
    const std::size_t space = arguments ? arguments->rfind(' ') : std::string_view::npos;
    if (space == std::string_view::npos || space == 0 || space + 1 == arguments->size())
        return fail(ErrorCode::invalid, "User name and digest expected");
    return Apop{std::string(arguments->substr(0, space)), std::string(arguments->substr(space + 1))};
}

Result<Command> auth(Arguments arguments) {
    if (!arguments || arguments->empty()) return Auth{};
    const std::size_t space = arguments->find(' ');
    const std::string_view mechanism = arguments->substr(0, space);
    // RFC 4422 §3.1: 1 to 20 of A-Z 0-9 - _.
    if (mechanism.empty() || mechanism.size() > 20) return fail(ErrorCode::invalid, "Mechanism name expected");
    for (const char c : mechanism)
        if (!ascii::is_alnum(c) && c != '-' && c != '_') return fail(ErrorCode::invalid, "Mechanism name expected");
    Auth command{ascii::upper(mechanism), {}};
    if (space == std::string_view::npos) return command;
    const std::string_view response = arguments->substr(space + 1);
    if (response == "=") {
        command.initial_response.emplace();
        return command;
    }
    std::optional<std::string> bytes = response.empty() ? std::nullopt : base64::decode(response);
    if (!bytes) return fail(ErrorCode::invalid, "Invalid base64 data in initial response");
    command.initial_response.emplace(std::move(*bytes));
    return command;
}

Result<Command> top(Arguments arguments) {
    const std::size_t space = arguments ? arguments->find(' ') : std::string_view::npos;
    if (space == std::string_view::npos) return fail(ErrorCode::invalid, "Message number and number of lines expected");
    const Result<MessageNumber> number = message_number(arguments->substr(0, space));
    if (!number) return fail(number.error());
    const std::optional<std::uint64_t> lines = ascii::parse_number(arguments->substr(space + 1));
    if (!lines) return fail(ErrorCode::invalid, "Number of lines expected");
    return Top{*number, *lines};
}

// 1*( SP attribute-name "=" value )
Result<Command> xclient(Arguments arguments) {
    if (!arguments || arguments->empty()) return fail(ErrorCode::invalid, "Attributes expected");
    Xclient command;
    for (const std::string_view attribute : ascii::split(*arguments, ' ')) {
        const std::size_t equals = attribute.find('=');
        if (equals == std::string_view::npos || equals == 0) return fail(ErrorCode::invalid, "Attributes expected");
        const std::string_view name = attribute.substr(0, equals);
        if (ascii::iequals(name, "LOGIN")) return fail(ErrorCode::invalid, "Nobody logs others in");
        if (ascii::iequals(name, "ADDR")) command.address = attribute.substr(equals + 1);
        if (ascii::iequals(name, "PORT")) command.port = attribute.substr(equals + 1);
    }
    return command;
}

struct Keyword {
    std::string_view name;
    Result<Command> (*parse)(Arguments);
};

constexpr std::array keywords{
    Keyword{"USER", user},
    Keyword{"PASS", pass},
    Keyword{"APOP", apop},
    Keyword{"AUTH", auth},
    Keyword{"STLS", without_arguments<Stls>},
    Keyword{"CAPA", without_arguments<Capa>},
    Keyword{"STAT", without_arguments<Stat>},
    Keyword{"LIST", with_optional_message<List>},
    Keyword{"UIDL", with_optional_message<Uidl>},
    Keyword{"RETR", with_message<Retr>},
    Keyword{"TOP", top},
    Keyword{"DELE", with_message<Dele>},
    Keyword{"NOOP", without_arguments<Noop>},
    Keyword{"RSET", without_arguments<Rset>},
    Keyword{"QUIT", without_arguments<Quit>},
    Keyword{"XCLIENT", xclient},
};

}  // namespace

Result<Command> parse_command(std::string_view line) {
    const std::size_t space = line.find(' ');
    const std::string_view keyword = line.substr(0, space);
    const bool is_auth = ascii::iequals(keyword, "AUTH");
    if (line.size() + 2 > (is_auth ? max_auth_octets : max_command_octets))
        return fail(ErrorCode::limit, "Line too long");
    const Arguments arguments = space == std::string_view::npos ? Arguments{} : line.substr(space + 1);
    // NUL, CR and other control bytes belong nowhere; a password may be anything else.
    for (const char c : line)
        if (ascii::is_control(c)) return fail(ErrorCode::invalid, "Control character in command");
    for (const Keyword& known : keywords)
        if (ascii::iequals(keyword, known.name)) return known.parse(arguments);
    return fail(ErrorCode::unsupported, "Unknown command");
}

Result<Secret> parse_sasl_response(std::string_view line) {
    if (line.size() + 2 > max_auth_octets) return fail(ErrorCode::limit, "Line too long");
    if (line == "*") return fail(ErrorCode::cancelled, "Authentication cancelled");
    std::optional<std::string> bytes = base64::decode(line);
    if (!bytes) return fail(ErrorCode::invalid, "Invalid base64 data in response");
    return Secret(std::move(*bytes));
}

}  // namespace posthouse::pop3
