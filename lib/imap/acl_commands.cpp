// Arguments of SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3).
#include "lib/imap/command.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {
namespace {

std::string read_identifier(Arguments& arguments) {
    arguments.space();
    std::string identifier = arguments.astring();
    if (identifier.empty() || identifier.size() > kMaxIdentifier) arguments.fail("Invalid identifier");
    return identifier;
}

}  // namespace

void read(Arguments& arguments, SetAcl& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    command.identifier = read_identifier(arguments);
    arguments.space();
    command.rights = arguments.astring();
    if (command.rights.starts_with('+'))
        command.action = SetAcl::Action::add;
    else if (command.rights.starts_with('-'))
        command.action = SetAcl::Action::remove;
    if (command.action != SetAcl::Action::replace) command.rights.erase(0, 1);
}

void read(Arguments& arguments, AclIdentifier& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    command.identifier = read_identifier(arguments);
}

}  // namespace posthouse::imap
