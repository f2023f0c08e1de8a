// A command's head: tag and verb.
#include "lib/imap/command.h"

#include <algorithm>

#include "lib/imap/limits.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

/// tag: any ASTRING-CHAR except "+".
bool is_tag_char(char c) { return is_astring_char(c) && c != '+'; }

std::string_view leading_tag(std::string_view command) {
    const auto end = std::ranges::find_if_not(command, is_tag_char);
    return command.substr(0, static_cast<std::size_t>(end - command.begin()));
}

}  // namespace

std::string recover_tag(std::string_view command) {
    const std::string_view tag = leading_tag(command);
    const bool whole = tag.size() == command.size() || command[tag.size()] == ' ';
    if (tag.empty() || tag.size() > kMaxTag || !whole) return "*";
    return std::string(tag);
}

Result<CommandHead> read_head(std::string_view command) {
    CommandHead head;
    head.tag = recover_tag(command);
    if (head.tag == "*") return fail(ErrorCode::invalid, command.empty() ? "Empty command line" : "Invalid tag");
    Arguments arguments(command.substr(head.tag.size()));
    arguments.space();
    head.verb = arguments.keyword();
    if (head.verb == "UID") {
        arguments.space();
        head.verb += " " + arguments.keyword();
    }
    if (arguments.failed())
        return fail(ErrorCode::invalid,
                    arguments.at_end() && head.verb.empty() ? "Missing command" : arguments.error()->text);
    head.arguments = arguments.rest();
    return head;
}

void read(Arguments& /*arguments*/, NoArguments& /*command*/) {}

}  // namespace posthouse::imap
