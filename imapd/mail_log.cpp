// The log lines that tell where a user's messages and mailboxes went.
#include "imapd/mail_log.h"

#include <string>

#include "lib/imap/sequence_set.h"

namespace posthouse::imapd {
namespace {

/// Of a list of UIDs, the bytes that are logged.
constexpr std::size_t max_logged = 1000;

std::string print(const std::vector<storage::Uid>& uids) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(uids.size());
    for (const storage::Uid uid : uids) numbers.push_back(uid.value());
    std::string text = imap::print_numbers(numbers);
    if (text.size() > max_logged) text = text.substr(0, max_logged) + "…";
    return text;
}

}  // namespace

void log_expunged(const Session& session, const std::vector<storage::Uid>& uids) {
    if (uids.empty()) return;
    session.log().info("expunged", {{"user", session.user()},
                                    {"mailbox", session.selected().name.text()},
                                    {"messages", uids.size()},
                                    {"uids", print(uids)}});
}

void log_copied(const Session& session, std::string_view what, const storage::Copied& copied,
                const storage::MailboxName& target) {
    if (copied.from.empty()) return;
    session.log().info(what, {{"user", session.user()},
                              {"mailbox", session.selected().name.text()},
                              {"to", target.text()},
                              {"messages", copied.from.size()},
                              {"uids", print(copied.from)},
                              {"to_uids", print(copied.to)}});
}

void log_mailbox(const Session& session, std::string_view what, const storage::MailboxName& name,
                 std::string_view now) {
    if (now.empty())
        session.log().info(what, {{"user", session.user()}, {"mailbox", name.text()}});
    else
        session.log().info(what, {{"user", session.user()}, {"mailbox", name.text()}, {"to", now}});
}

}  // namespace posthouse::imapd
