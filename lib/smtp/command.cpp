// Command lines: the verb, and what all verbs share. The arguments of each are parsed in arguments.cpp.
#include "lib/smtp/command.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

struct Word {
    Verb verb;
    std::string_view text;
    std::size_t max_line;
};

/// XFORWARD may carry every attribute in one line; Postfix takes up to its line_length_limit of 2048.
constexpr std::size_t max_attribute_line = 2048;

constexpr std::array<Word, 17> words{{
    {Verb::helo, "HELO", max_command_line},
    {Verb::ehlo, "EHLO", max_command_line},
    {Verb::lhlo, "LHLO", max_command_line},
    {Verb::mail, "MAIL", max_mail_line},
    {Verb::rcpt, "RCPT", max_rcpt_line},
    {Verb::data, "DATA", max_command_line},
    {Verb::bdat, "BDAT", max_command_line},
    {Verb::rset, "RSET", max_command_line},
    {Verb::noop, "NOOP", max_command_line},
    {Verb::quit, "QUIT", max_command_line},
    {Verb::vrfy, "VRFY", max_command_line},
    {Verb::expn, "EXPN", max_command_line},
    {Verb::help, "HELP", max_command_line},
    {Verb::starttls, "STARTTLS", max_command_line},
    {Verb::auth, "AUTH", max_auth_line + max_command_line},
    {Verb::xforward, "XFORWARD", max_attribute_line},
    {Verb::xclient, "XCLIENT", max_attribute_line},
}};

const Word& row_of(Verb verb) { return *std::ranges::find(words, verb, &Word::verb); }

}  // namespace

std::string_view to_string(Verb verb) { return row_of(verb).text; }
std::size_t max_line(Verb verb) { return row_of(verb).max_line; }

std::optional<std::string_view> Attributes::find(std::string_view name) const {
    const auto found = std::ranges::find_if(values, [&](const auto& value) { return value.first == name; });
    if (found == values.end()) return std::nullopt;
    return found->second;
}

CommandLine split_command(std::string_view line) {
    CommandLine out;
    const std::size_t space = std::min(line.find(' '), line.size());
    out.word = line.substr(0, space);
    out.arguments = line.substr(space);
    while (out.arguments.starts_with(' ')) out.arguments.remove_prefix(1);
    while (out.arguments.ends_with(' ')) out.arguments.remove_suffix(1);
    const auto row = std::ranges::find_if(words, [&](const Word& word) { return ascii::iequals(word.text, out.word); });
    if (row != words.end()) out.verb = row->verb;
    return out;
}

Parsed<Command> parse_command(std::string_view line, const ParseOptions& options) {
    const CommandLine parts = split_command(line);
    if (!parts.verb) return refuse(500, "5.5.1", "Command not recognized");
    if (line.size() + 2 > max_line(*parts.verb)) return refuse(500, "5.5.2", "Line too long");
    return parse_arguments(*parts.verb, parts.arguments, options);
}

}  // namespace posthouse::smtp
