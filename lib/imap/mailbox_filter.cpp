// Reading filter-mailboxes.
#include "lib/imap/mailbox_filter.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace posthouse::imap {
namespace {

using Kind = MailboxFilter::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 8> kKinds{{{"SELECTED", Kind::selected},
                                                                   {"SELECTED-DELAYED", Kind::selected_delayed},
                                                                   {"INBOXES", Kind::inboxes},
                                                                   {"PERSONAL", Kind::personal},
                                                                   {"SUBSCRIBED", Kind::subscribed},
                                                                   {"SUBTREE", Kind::subtree},
                                                                   {"SUBTREE-ONE", Kind::subtree_one},
                                                                   {"MAILBOXES", Kind::mailboxes}}};

/// one-or-more-mailbox.
void read_names(Arguments& arguments, std::vector<std::string>& names) {
    arguments.space();
    if (!arguments.accept('(')) {
        names.push_back(arguments.mailbox());
        return;
    }
    do {
        if (names.size() >= kMaxFilteredNames) return arguments.fail("Too many mailboxes", ErrorCode::limit);
        names.push_back(arguments.mailbox());
    } while (arguments.accept(' '));
    arguments.expect(')');
}

}  // namespace

MailboxFilter read_mailbox_filter(Arguments& arguments) {
    MailboxFilter filter;
    const std::string name = arguments.keyword();
    const auto known = std::ranges::find(kKinds, name, &std::pair<std::string_view, Kind>::first);
    if (known == kKinds.end()) {
        arguments.fail("Unknown mailbox filter");
        return filter;
    }
    filter.kind = known->second;
    if (filter.kind >= Kind::subtree) read_names(arguments, filter.names);
    return filter;
}

}  // namespace posthouse::imap
