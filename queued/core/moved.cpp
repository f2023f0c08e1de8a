// Looking up anew whom lmtpd doesn't know.
#include "queued/core/moved.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "queued/core/targets.h"

namespace posthouse::queued {
namespace {

using spool::EventKind;

bool is_unknown(const Fate& fate) { return fate.kind == EventKind::bounced && fate.status == "5.1.1"; }

/// What becomes of one address that several stand for: the worst of theirs.
Fate worst(std::vector<Fate> fates) {
    const auto badness = [](const Fate& fate) {
        return fate.kind == EventKind::bounced ? 2 : fate.kind == EventKind::deferred ? 1 : 0;
    };
    return *std::ranges::max_element(fates, {}, badness);
}

/// Only users here, and not the address itself, which was asked for in vain.
bool are_others_here(const NoticeTargets& targets, const smtp::Mailbox& address) {
    return std::ranges::all_of(targets, [&](const spool::Recipient& target) {
        return target.transport == "local" && target.address != address;
    });
}

net::Async<Fate> try_anew(Parts& parts, const Route& route, const Parcel& parcel, std::uint32_t number, Fate unknown) {
    const spool::Recipient& recipient = parcel.envelope.recipients[number];
    Result<std::optional<NoticeTargets>> targets =
        co_await find_targets(parts, recipient.address.to_string(), Lists::to_members);
    if (!targets) {
        unknown.kind = EventKind::deferred;
        unknown.status = "4.3.0";
        unknown.reply = "Unknown user; the directory can't be asked now whether there is another name";
        co_return unknown;
    }
    if (!*targets || !are_others_here(**targets, recipient.address)) co_return unknown;
    spool::Envelope envelope = parcel.envelope;
    envelope.recipients.clear();
    std::vector<std::uint32_t> numbers;
    for (spool::Recipient& target : **targets) {
        target.sender = recipient.sender;
        target.original = recipient.original;
        target.notify = recipient.notify;
        numbers.push_back(static_cast<std::uint32_t>(numbers.size()));
        envelope.recipients.push_back(std::move(target));
    }
    const Parcel renamed{
        .envelope = envelope, .recipients = std::move(numbers), .content = parcel.content, .standing = parcel.standing};
    Attempt attempt = co_await parts.courier.deliver(route, renamed);
    co_return worst(std::move(attempt.fates));
}

}  // namespace

net::Async<Attempt> deliver_to_moved(Parts& parts, const Route& route, const Parcel& parcel, Attempt result) {
    if (route.kind != Route::Kind::local) co_return result;
    for (std::size_t i = 0; i < result.fates.size(); ++i) {
        if (!is_unknown(result.fates[i])) continue;
        Fate fate = co_await try_anew(parts, route, parcel, parcel.recipients[i], result.fates[i]);
        result.fates[i] = std::move(fate);
    }
    co_return result;
}

}  // namespace posthouse::queued
