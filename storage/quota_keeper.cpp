// QuotaKeeper: one account's decisions stand in line, each with what those before it have taken.
#include "storage/quota_keeper.h"

#include <utility>

namespace posthouse::storage {
namespace {

Result<> result_of(const QuotaDecision& decision) {
    switch (decision.verdict) {
        case QuotaDecision::Verdict::fits: return {};
        case QuotaDecision::Verdict::full: return fail(ErrorCode::over_quota, "Mailbox is full");
        case QuotaDecision::Verdict::too_large:
            return fail(ErrorCode::limit, "Message is larger than the mailbox may be");
    }
    return fail(ErrorCode::internal, "No verdict");
}

}  // namespace

/// What is on its way into an account.
struct QuotaKeeper::Held {
    std::mutex mutex;
    Usage reserved;  // guarded by mutex
};

/// A reservation's part of it.
class ReservedRoom {
  public:
    ReservedRoom(QuotaKeeper& keeper, AccountName account, SharedLimits limits)
        : keeper_(keeper),
          account_(std::move(account)),
          limits_(std::move(limits)),
          begun_(keeper.source_.moment(account_)) {}
    ReservedRoom(const ReservedRoom&) = delete;
    ReservedRoom& operator=(const ReservedRoom&) = delete;
    ~ReservedRoom() { end({}); }

    void take(std::shared_ptr<QuotaKeeper::Held> held, const Usage& taken,
              std::optional<config::QuotaWarning> crossed) {
        held_ = std::move(held);
        taken_ = taken;
        crossed_ = crossed;
    }
    /// What isn't to be counted, for its mailbox is ignored.
    void dont_count() { counted_ = false; }

    std::optional<config::QuotaWarning> end(const Usage& stored) {
        const Usage change = counted_ ? stored : Usage{};
        if (held_) {
            {
                // At once for who decides next: either still reserved, or used.
                const std::scoped_lock lock(held_->mutex);
                keeper_.source_.changed(account_, limits_, change, begun_);
                held_->reserved += -taken_;
            }
            keeper_.drop(account_, std::exchange(held_, nullptr));
        } else {
            keeper_.source_.changed(account_, limits_, change, begun_);
        }
        return change == Usage{} ? std::nullopt : crossed_;
    }

  private:
    QuotaKeeper& keeper_;
    AccountName account_;
    SharedLimits limits_;
    UsageSource::Moment begun_;
    std::shared_ptr<QuotaKeeper::Held> held_;
    Usage taken_;
    std::optional<config::QuotaWarning> crossed_;
    bool counted_ = true;
};

Reservation::Reservation(std::unique_ptr<ReservedRoom> room) : room_(std::move(room)) {}
Reservation::Reservation(Reservation&&) noexcept = default;
Reservation::~Reservation() = default;

std::optional<config::QuotaWarning> Reservation::commit(const Usage& stored) {
    const std::unique_ptr<ReservedRoom> room = std::move(room_);
    return room->end(stored);
}

std::shared_ptr<QuotaKeeper::Held> QuotaKeeper::held_for(const AccountName& account) {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<Held>& held = held_[account.text()];
    if (!held) held = std::make_shared<Held>();
    return held;
}

void QuotaKeeper::drop(const AccountName& account, std::shared_ptr<Held> held) {
    const std::scoped_lock lock(mutex_);
    held.reset();
    const auto found = held_.find(account.text());
    if (found != held_.end() && found->second.use_count() == 1) held_.erase(found);
}

Result<> QuotaKeeper::check(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                            const Usage& added, LastMail last) {
    // Taken and given back at once: what others have reserved counts.
    const Result<Reservation> room = reserve(account, limits, mailbox, added, last);
    if (!room) return fail(room.error());
    return {};
}

std::optional<Result<>> QuotaKeeper::quick_check(const AccountName& account, const SharedLimits& limits,
                                                 const MailboxName& mailbox, const Usage& added, LastMail last) {
    if (!limits->limited() || !limits->counts(mailbox)) return Result<>{};
    const std::optional<Usage> usage = source_.remembered(account);
    if (!usage) return std::nullopt;
    return result_of(storage::check(*usage, *limits, mailbox, added, last));
}

Result<Reservation> QuotaKeeper::reserve(const AccountName& account, const SharedLimits& limits,
                                         const MailboxName& mailbox, const Usage& added, LastMail last) {
    auto room = std::make_unique<ReservedRoom>(*this, account, limits);
    if (!limits->counts(mailbox)) {
        room->dont_count();
        return Reservation(std::move(room));
    }
    if (!limits->limited()) return Reservation(std::move(room));
    std::shared_ptr<Held> held = held_for(account);
    Result<> result;
    {
        const std::scoped_lock lock(held->mutex);
        const Result<Usage> usage = source_.usage(account, limits);
        if (usage) {
            const QuotaDecision decision = storage::check(*usage + held->reserved, *limits, mailbox, added, last);
            result = result_of(decision);
            if (result) {
                held->reserved += added;
                room->take(held, added, decision.crossed);
            }
        } else {
            result = fail(usage.error());
        }
    }
    if (!result) {
        drop(account, std::move(held));
        return fail(result.error());
    }
    return Reservation(std::move(room));
}

Reservation QuotaKeeper::without_room(const AccountName& account, const SharedLimits& limits) {
    return Reservation(std::make_unique<ReservedRoom>(*this, account, limits));
}

}  // namespace posthouse::storage
