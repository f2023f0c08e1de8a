// GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 §4.1): one quota root, for all of the user's mail.
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

constexpr std::string_view kRoot = "User quota";

/// "* QUOTA "User quota" (STORAGE 10 512 MESSAGE 3 100)"; storage in units of 1,024 octets (RFC 9208 §5.1). Blocks.
Result<std::string> quota_line(const storage::AccountQuota& quota) {
    const auto standing = quota.standing();
    if (!standing) return fail(standing.error());
    std::string resources;
    const auto add = [&](std::string_view name, std::uint64_t used, std::uint64_t limit) {
        if (limit == 0) return;
        if (!resources.empty()) resources += ' ';
        resources += std::string(name) + " " + std::to_string(used) + " " + std::to_string(limit);
    };
    if (*standing) {
        const storage::Usage& used = (*standing)->used;
        add("STORAGE", (static_cast<std::uint64_t>(used.bytes) + 1023) / 1024, (*standing)->limit.bytes / 1024);
        add("MESSAGE", static_cast<std::uint64_t>(used.messages), (*standing)->limit.messages);
    }
    std::string line = "* QUOTA ";
    imap::append_astring(line, kRoot);
    return line + " (" + resources + ")\r\n";
}

}  // namespace

net::Async<Reply> get_quota(Session& session, imap::QuotaRoot command) {
    if (command.root != kRoot) co_return no("[NONEXISTENT] There is no such quota root");
    const Result<std::string> line = co_await session.disk([&] { return quota_line(session.quota()); });
    if (!line) co_return no(line.error());
    co_await session.send(*line);
    co_return ok("GETQUOTA completed");
}

/// What others' mailboxes count to is their owner's affair: such a mailbox shows no quota root.
net::Async<Reply> get_quota_root(Session& session, imap::MailboxArgument command) {
    const Result<Place> place = co_await find_place(session, command.mailbox, storage::Right::read);
    if (!place) co_return no(place.error());
    const Result<std::string> line = co_await session.disk([&]() -> Result<std::string> {
        const Result<bool> exists = place->account->exists(place->name);
        if (!exists) return fail(exists.error());
        if (!*exists) return fail(ErrorCode::not_found, "Mailbox doesn't exist");
        return place->is_foreign ? std::string() : quota_line(session.quota());
    });
    if (!line) co_return no(line.error());
    std::string lines = "* QUOTAROOT ";
    imap::append_mailbox(lines, command.mailbox);
    if (!place->is_foreign) {
        lines += ' ';
        imap::append_astring(lines, kRoot);
    }
    lines += "\r\n" + *line;
    co_await session.send(lines);
    co_return ok("GETQUOTAROOT completed");
}

/// Limits are the administrator's: `posthouse user set --quota`.
net::Async<Reply> set_quota(Session& /*session*/, imap::SetQuota /*command*/) {
    co_return no("[NOPERM] Quota is set by the administrator");
}

}  // namespace posthouse::imapd
