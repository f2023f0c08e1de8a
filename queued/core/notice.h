// Notice: a delivery status notification (RFC 3464) put into the queue as a message of its own. Blocking; for a thread
// of the pool.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/dsn/notification.h"
#include "lib/smtp/address.h"
#include "queued/spool/entry.h"
#include "queued/spool/writer.h"

namespace posthouse::queued {

/// Whom a notice goes to, as the directory resolved them: addresses with their transports.
using NoticeTargets = std::vector<spool::Recipient>;

/// One report that is to be written.
struct Notice {
    enum class Audience { sender, postmaster };
    Audience audience = Audience::sender;
    smtp::Mailbox to;                       ///< the sender, or the postmaster
    std::vector<std::uint32_t> recipients;  ///< whom it tells of: places in the envelope, rising
    bool delayed = false;                   ///< tells of a delay, not of a fate
    std::int64_t retry_until = 0;           ///< of a delay: when they will be given up
    std::string remark{};                   ///< what else the postmaster is told
};

/// What notices of this server have in common.
struct NoticeRules {
    std::string hostname;
    std::string postmaster;                       ///< an address in ASCII, for people: whom to ask
    std::uint64_t bounce_size_limit = 50u << 10;  ///< bytes up to which a whole message goes back
};

/// Those who are to be told of these recipients, each with theirs: a report for each different sender (SRS's addresses
/// stand for the sender they were made of). `delayed`, `retry_until`: as in Notice.
std::vector<Notice> notices_for(const spool::Envelope& envelope, const std::vector<std::uint32_t>& recipients,
                                bool delayed, std::int64_t retry_until);

/// "mx.example.net[192.0.2.1]" of events in its two parts.
std::pair<std::string, std::string> host_and_address(const std::string& remote);

/// The message is a report to the postmaster that this server wrote: when it can't be delivered, nobody is told.
bool is_last_report(const spool::Envelope& envelope);

/// The id of a notice, made from what it tells: writing it once more finds it there.
std::string notice_id(const spool::Envelope& envelope, const Notice& notice);

/// Writes the report into incoming/, durably, and gives its id; if it lies there already, too. `states`: of the
/// entry's recipients, as they are to be told. `now`: seconds since 1970. Errors: no_space, io; invalid (the content is
/// damaged).
Result<std::string> write_notice(const spool::Incoming& incoming, spool::Entry& entry,
                                 std::span<const spool::RecipientState> states, const Notice& notice,
                                 const NoticeTargets& targets, const NoticeRules& rules, std::int64_t now);

}  // namespace posthouse::queued
