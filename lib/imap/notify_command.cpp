// Arguments of NOTIFY.
#include "lib/imap/notify_command.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

constexpr std::array<std::pair<std::string_view, NotifyEvent>, 8> kEvents{
    {{"MessageNew", kMessageNew},
     {"MessageExpunge", kMessageExpunge},
     {"FlagChange", kFlagChange},
     {"AnnotationChange", kAnnotationChange},
     {"MailboxName", kMailboxName},
     {"SubscriptionChange", kSubscriptionChange},
     {"MailboxMetadataChange", kMailboxMetadataChange},
     {"ServerMetadataChange", kServerMetadataChange}}};

void refuse_event(Arguments& arguments) {
    std::string text = "[BADEVENT (";
    for (const auto& [name, event] : kEvents) {
        if (text.back() != '(') text += ' ';
        text += name;
    }
    arguments.fail(text + ")] Unknown or unsupported event", ErrorCode::unsupported);
}

void read_event(Arguments& arguments, NotifyGroup& group) {
    const std::string name = arguments.keyword();
    if (arguments.failed()) return;
    const auto known =
        std::ranges::find_if(kEvents, [&](const auto& event) { return ascii::iequals(event.first, name); });
    if (known == kEvents.end()) return refuse_event(arguments);
    group.events |= known->second;
    if (known->second != kMessageNew || !arguments.rest().starts_with(" (")) return;
    arguments.space();
    group.items = read_fetch_items(arguments);
    // RFC 5465 §5.2: what is told of a message is about one that can be fetched.
    if (!group.filter.is_selected()) arguments.fail("Only new messages of the selected mailbox can be shown");
}

NotifyGroup read_group(Arguments& arguments) {
    NotifyGroup group;
    arguments.expect('(');
    group.filter = read_mailbox_filter(arguments);
    arguments.space();
    if (!arguments.accept_word("NONE")) {
        arguments.expect('(');
        do {
            read_event(arguments, group);
        } while (arguments.accept(' '));
        arguments.expect(')');
    }
    arguments.expect(')');
    // RFC 5465 §5: these two come together, and others about messages with them.
    const bool is_new = (group.events & kMessageNew) != 0;
    const bool is_gone = (group.events & kMessageExpunge) != 0;
    const bool is_changed = (group.events & (kFlagChange | kAnnotationChange)) != 0;
    if (is_new != is_gone || (is_changed && !is_new))
        arguments.fail("MessageNew and MessageExpunge come together, and with FlagChange and AnnotationChange");
    // RFC 5465 §8
    if (group.filter.is_selected() && (group.events & ~kMessageEvents) != 0)
        arguments.fail("Of the selected mailbox only events about messages are told");
    return group;
}

}  // namespace

void read(Arguments& arguments, Notify& command) {
    arguments.space();
    if (arguments.accept_word("NONE")) return;
    if (!arguments.accept_word("SET")) return arguments.fail("Expected SET or NONE");
    arguments.space();
    command.status = arguments.accept_word("STATUS");
    if (command.status) arguments.space();
    do {
        if (command.groups.size() >= kMaxFilters) return arguments.fail("Too many groups of events", ErrorCode::limit);
        command.groups.push_back(read_group(arguments));
    } while (arguments.accept(' '));
    const auto selected =
        std::ranges::count_if(command.groups, [](const NotifyGroup& g) { return g.filter.is_selected(); });
    if (selected > 1) arguments.fail("Only one group of events is about the selected mailbox");
}

}  // namespace posthouse::imap
