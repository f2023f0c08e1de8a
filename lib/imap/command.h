// A command's head (tag and verb), and the parsers of its arguments, one `read` for each type of commands.h.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imap/append_command.h"
#include "lib/imap/arguments.h"
#include "lib/imap/commands.h"
#include "lib/imap/fetch_command.h"
#include "lib/imap/metadata_commands.h"
#include "lib/imap/notify_command.h"
#include "lib/imap/search_command.h"

namespace posthouse::imap {

/// Tag and verb, read before anything else so that every reply can carry the tag.
struct CommandHead {
    std::string tag;
    std::string verb;            ///< in upper case; "UID FETCH" and the like for UID's variants
    std::string_view arguments;  ///< the rest, beginning with its space; points into the command
};

/// Reads tag and verb of `command` (literals embedded, without the last CRLF).
Result<CommandHead> read_head(std::string_view command);
/// The tag for the reply to a command that could not be read, "*" when there is none.
std::string recover_tag(std::string_view command);

void read(Arguments& arguments, NoArguments& command);
void read(Arguments& arguments, Authenticate& command);
void read(Arguments& arguments, Login& command);
void read(Arguments& arguments, Id& command);
void read(Arguments& arguments, Enable& command);
void read(Arguments& arguments, Compress& command);
void read(Arguments& arguments, Select& command);
void read(Arguments& arguments, Create& command);
void read(Arguments& arguments, MailboxArgument& command);
void read(Arguments& arguments, Rename& command);
void read(Arguments& arguments, Status& command);
void read(Arguments& arguments, List& command);
void read(Arguments& arguments, Lsub& command);
void read(Arguments& arguments, Store& command);
void read(Arguments& arguments, Copy& command);
void read(Arguments& arguments, UidExpunge& command);
void read(Arguments& arguments, SetAcl& command);
void read(Arguments& arguments, AclIdentifier& command);
void read(Arguments& arguments, QuotaRoot& command);
void read(Arguments& arguments, SetQuota& command);

/// "(MESSAGES UIDNEXT …)" of STATUS.
StatusItems read_status_items(Arguments& arguments);

/// Parses the arguments of a command whose verb asks for type C.
/// Errors are for a tagged BAD, except `unsupported` (NO with the response code that the text begins with).
template <typename C>
Result<C> parse_arguments(const CommandHead& head, const Limits& limits = {}) {
    Arguments arguments(head.arguments, limits);
    C command;
    if constexpr (requires { command.by_uid; }) command.by_uid = head.verb.starts_with("UID ");
    read(arguments, command);
    arguments.end();
    if (arguments.failed()) return fail(*arguments.error());
    return command;
}

}  // namespace posthouse::imap
