// APPEND, COPY and MOVE with room reserved first.
#include "storage/account_quota.h"

#include <utility>

#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

/// RFC 9208 §4.3.1 knows one code for "not now" and "never".
std::unexpected<Error> fail_quota(Error error) {
    if (error.code == ErrorCode::limit) error.code = ErrorCode::over_quota;
    return fail(std::move(error));
}

std::optional<config::QuotaWarning> commit(std::optional<Reservation>& room, const Usage& added) {
    return room ? room->commit(added) : std::nullopt;
}

}  // namespace

bool AccountQuota::surely_fits(const MailboxName& mailbox, const Usage& added) const {
    return keeper_ == nullptr || keeper_->surely_fits(*account_, limits_, mailbox, added);
}

Result<> AccountQuota::check(const MailboxName& mailbox, const Usage& added) const {
    if (keeper_ == nullptr) return {};
    Result<> fits = keeper_->check(*account_, limits_, mailbox, added, LastMail::must_fit);
    return fits ? fits : fail_quota(fits.error());
}

Result<std::optional<AccountQuota::Standing>> AccountQuota::standing() const {
    if (keeper_ == nullptr) return std::nullopt;
    const Result<Usage> used = keeper_->usage(*account_, limits_);
    if (!used) return fail(used.error());
    return Standing{*used, limits_->total()};
}

Result<std::optional<Reservation>> AccountQuota::reserve(const MailboxName& mailbox, const Usage& added) const {
    if (keeper_ == nullptr) return std::nullopt;
    Result<Reservation> room = keeper_->reserve(*account_, limits_, mailbox, added, LastMail::must_fit);
    if (!room) return fail_quota(room.error());
    return std::optional<Reservation>(std::move(*room));
}

std::optional<Reservation> AccountQuota::removal() const {
    if (keeper_ == nullptr) return std::nullopt;
    return keeper_->without_room(*account_, limits_);
}

Result<Charged<Appended>> AccountQuota::append(const NamedMailbox& target, std::vector<NewMessage> messages) const {
    Usage added;
    for (NewMessage& message : messages) {
        WriterState& file = message.content.state();
        if (Result<> finished = file.finish(); !finished) return fail(finished.error());
        added += {static_cast<std::int64_t>(file.physical_size()), 1};
    }
    Result<std::optional<Reservation>> room = reserve(target.name, added);
    if (!room) return fail(room.error());
    Result<Appended> appended = target.mailbox.append(std::move(messages));
    if (!appended) return fail(appended.error());
    return Charged<Appended>{std::move(*appended), commit(*room, added)};
}

/// Room for copies of messages, whose sizes are summed first.
Result<std::optional<Reservation>> AccountQuota::reserve_copy(Mailbox& source, const UidSet& uids,
                                                              const MailboxName& target, Usage& added) const {
    if (keeper_ == nullptr) return std::nullopt;
    if (limits_->limited() && limits_->counts(target)) {
        const Result<std::vector<MessageRow>> rows = source.rows(uids, {.physical_size = true});
        if (!rows) return fail(rows.error());
        for (const MessageRow& row : *rows) added += {static_cast<std::int64_t>(row.physical_size), 1};
    }
    return reserve(target, added);
}

Result<Charged<Copied>> AccountQuota::copy(const NamedMailbox& source, const UidSet& uids, const NamedMailbox& target,
                                           const Carried& carried) const {
    Usage added;
    Result<std::optional<Reservation>> room = reserve_copy(source.mailbox, uids, target.name, added);
    if (!room) return fail(room.error());
    Result<Copied> copied = source.mailbox.copy(uids, target.mailbox, carried);
    if (!copied) return fail(copied.error());
    return Charged<Copied>{std::move(*copied), commit(*room, added)};
}

Result<Charged<Copied>> AccountQuota::move(const NamedMailbox& source, const UidSet& uids, const NamedMailbox& target,
                                           const Carried& carried) const {
    Usage added;
    const bool needs_room = keeper_ != nullptr && (source.is_elsewhere || !limits_->counts(source.name));
    Result<std::optional<Reservation>> room = needs_room ? reserve_copy(source.mailbox, uids, target.name, added)
                                                         : Result<std::optional<Reservation>>(removal());
    if (!room) return fail(room.error());
    Result<Copied> moved = source.mailbox.move(uids, target.mailbox, carried);
    if (!moved) return fail(moved.error());
    return Charged<Copied>{std::move(*moved), commit(*room, added)};
}

}  // namespace posthouse::storage
