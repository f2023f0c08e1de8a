// Arguments of SELECT, CREATE and its kin, RENAME, STATUS, LIST and LSUB.
#include <array>

#include "lib/imap/command.h"
#include "lib/imap/limits.h"
#include "lib/imap/status_items.h"

namespace posthouse::imap {
namespace {

/// "(OPTION OPTION …)" where each is taken by `take`, which fails on unknown ones.
template <typename Take>
void read_options(Arguments& arguments, Take take) {
    arguments.expect('(');
    if (arguments.accept(')')) return;
    std::size_t count = 0;
    do {
        if (++count > kMaxWords) return arguments.fail("Too many options", ErrorCode::limit);
        take(arguments.keyword());
    } while (arguments.accept(' '));
    arguments.expect(')');
}

void read_selection_options(Arguments& arguments, List& command) {
    read_options(arguments, [&](const std::string& option) {
        if (option == "SUBSCRIBED") {
            command.select_subscribed = true;
        } else if (option == "REMOTE") {
            command.select_remote = true;
        } else if (option == "RECURSIVEMATCH") {
            command.select_recursive_match = true;
        } else if (option == "SPECIAL-USE") {
            command.select_special_use = true;
        } else {
            arguments.fail("Unknown LIST selection option");
        }
    });
    // RFC 5258 §3.1: RECURSIVEMATCH needs an option that selects by itself.
    if (command.select_recursive_match && !command.select_subscribed && !command.select_special_use) {
        arguments.fail("RECURSIVEMATCH must come with another selection option");
    }
}

void read_return_options(Arguments& arguments, List& command) {
    read_options(arguments, [&](const std::string& option) {
        if (option == "SUBSCRIBED") {
            command.return_subscribed = true;
        } else if (option == "CHILDREN") {
            command.return_children = true;
        } else if (option == "SPECIAL-USE") {
            command.return_special_use = true;
        } else if (option == "MYRIGHTS") {
            command.return_my_rights = true;
        } else if (option == "METADATA") {
            arguments.space();
            command.return_metadata = read_entries(arguments);
        } else if (option == "STATUS") {
            arguments.space();
            command.return_status = read_status_items(arguments);
        } else {
            arguments.fail("Unknown LIST return option");
        }
    });
}

/// The name that the patterns begin with (RFC 3501 §6.3.8).
std::string read_reference(Arguments& arguments) {
    std::string reference = arguments.astring();
    if (reference.size() > arguments.limits().mailbox_name) arguments.fail("Mailbox name too long", ErrorCode::limit);
    return reference;
}

/// With its reference it is no longer than a name.
std::string read_pattern(Arguments& arguments, std::string_view reference) {
    std::string pattern = arguments.list_mailbox();
    if (reference.size() + pattern.size() > arguments.limits().mailbox_name)
        arguments.fail("Mailbox pattern too long", ErrorCode::limit);
    return pattern;
}

void read_patterns(Arguments& arguments, List& command) {
    if (!arguments.accept('(')) {
        command.patterns.push_back(read_pattern(arguments, command.reference));
        return;
    }
    command.extended = true;
    do {
        if (command.patterns.size() >= kMaxWords) return arguments.fail("Too many patterns", ErrorCode::limit);
        command.patterns.push_back(read_pattern(arguments, command.reference));
    } while (arguments.accept(' '));
    arguments.expect(')');
}

/// "(uidvalidity modseq [known-uids] [(numbers uids)])". What the last pair tells isn't needed: expunges are remembered
/// for long, and without them the list of what is gone is complete, if longer.
Resync read_resync(Arguments& arguments) {
    Resync resync;
    arguments.expect('(');
    resync.uid_validity = arguments.nz_number();
    arguments.space();
    resync.modseq = arguments.number64();
    if (arguments.accept(' ')) {
        if (arguments.peek() != '(') resync.known_uids = read_sequence_set(arguments);
        if (arguments.peek() == '(' || arguments.accept(' ')) {
            arguments.expect('(');
            read_sequence_set(arguments);
            arguments.space();
            read_sequence_set(arguments);
            arguments.expect(')');
        }
    }
    arguments.expect(')');
    // RFC 7162 §7: known-uids names them one by one.
    if (resync.known_uids && (resync.known_uids->has_star() || resync.known_uids->is_saved()))
        arguments.fail("Known UIDs are numbers");
    return resync;
}

}  // namespace

void read(Arguments& arguments, Select& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    if (!arguments.accept(' ')) return;
    read_options(arguments, [&](const std::string& option) {
        if (option == "CONDSTORE") {
            command.condstore = true;
        } else if (option == "QRESYNC") {
            arguments.space();
            command.resync = read_resync(arguments);
        } else if (option == "ANNOTATE") {
            command.annotate = true;
        } else {
            arguments.fail("Unknown SELECT parameter");
        }
    });
}

void read(Arguments& arguments, Create& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    if (!arguments.accept(' ')) return;
    read_options(arguments, [&](const std::string& option) {
        if (option != "USE") return arguments.fail("Unknown CREATE parameter");
        arguments.space();
        arguments.expect('(');
        if (arguments.accept(')')) return;
        do {
            if (command.special_uses.size() >= kMaxWords) return arguments.fail("Too many uses", ErrorCode::limit);
            arguments.expect('\\');
            command.special_uses.push_back("\\" + std::string(arguments.atom()));
        } while (arguments.accept(' '));
        arguments.expect(')');
    });
}

void read(Arguments& arguments, MailboxArgument& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
}

void read(Arguments& arguments, Rename& command) {
    arguments.space();
    command.from = arguments.mailbox();
    arguments.space();
    command.to = arguments.mailbox();
}

StatusItems read_status_items(Arguments& arguments) {
    StatusItems items = 0;
    read_options(arguments, [&](const std::string& name) {
        const StatusItems item = status_item(name);
        if (item == 0) arguments.fail("Unknown STATUS item");
        items |= item;
    });
    if (items == 0) arguments.fail("Missing STATUS items");
    return items;
}

void read(Arguments& arguments, Status& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    arguments.space();
    command.items = read_status_items(arguments);
}

void read(Arguments& arguments, List& command) {
    arguments.space();
    if (arguments.peek() == '(') {
        command.extended = true;
        read_selection_options(arguments, command);
        arguments.space();
    }
    command.reference = read_reference(arguments);
    arguments.space();
    read_patterns(arguments, command);
    if (!arguments.accept(' ')) return;
    if (!arguments.accept_word("RETURN")) return arguments.fail("Unexpected arguments after the command's end");
    command.extended = true;
    arguments.space();
    read_return_options(arguments, command);
}

void read(Arguments& arguments, Lsub& command) {
    arguments.space();
    command.reference = read_reference(arguments);
    arguments.space();
    command.pattern = read_pattern(arguments, command.reference);
}

}  // namespace posthouse::imap
