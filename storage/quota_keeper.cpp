// QuotaKeeper: far from the limits by memory; near them one at a time, each with a look at what is there.
#include "storage/quota_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "lib/base/file.h"
#include "storage/folder.h"
#include "storage/store_state.h"

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

/// The line of those who add to an account that is nearly full: a flock on tmp/ of its INBOX.
struct Line {
    Line(UniqueFd open, FileLock taken) : folder(std::move(open)), lock(std::move(taken)) {}
    UniqueFd folder;
    FileLock lock;
};

}  // namespace

/// What is on its way into an account.
struct QuotaKeeper::Held {
    std::mutex mutex;
    std::condition_variable freed;
    Usage reserved;  // guarded by mutex
};

/// A reservation's part of it.
class ReservedRoom {
  public:
    ReservedRoom(QuotaKeeper& keeper, AccountName account, SharedLimits limits)
        : keeper_(keeper), account_(std::move(account)), limits_(std::move(limits)) {
        keeper_.source_.begin_change(account_, limits_);
    }
    ReservedRoom(const ReservedRoom&) = delete;
    ReservedRoom& operator=(const ReservedRoom&) = delete;
    ~ReservedRoom() {
        if (!ended_) end({});
    }

    const AccountName& account() const { return account_; }
    const SharedLimits& limits() const { return limits_; }
    /// Stands in line. No account: nobody to wait for.
    Result<> stand_in_line(const ReservedRoom* beside) {
        if (beside != nullptr && beside->line_) {
            line_ = beside->line_;
            return {};
        }
        const StoreState& store = keeper_.store_.state();
        const Result<UniqueFd> root = open_file(store.root_of(account_), O_PATH | O_DIRECTORY);
        Result<UniqueFd> folder = root ? open_in(root->get(), "tmp", O_RDONLY | O_DIRECTORY) : fail(root.error());
        if (!folder && folder.error().code == ErrorCode::not_found) return {};
        if (!folder) return fail(folder.error());
        Result<FileLock> lock = FileLock::take(folder->get(), store.settings().lock_wait);
        if (!lock) return fail(lock.error());
        line_ = std::make_shared<Line>(std::move(*folder), std::move(*lock));
        return {};
    }
    /// With held->mutex held.
    void take(std::shared_ptr<QuotaKeeper::Held> held, const Usage& taken,
              std::optional<config::QuotaWarning> crossed) {
        held_ = std::move(held);
        held_->reserved += taken;
        taken_ = taken;
        crossed_ = crossed;
    }
    /// What isn't to be counted, for its mailbox is ignored.
    void dont_count() { counted_ = false; }

    std::optional<config::QuotaWarning> end(const Usage& stored) {
        ended_ = true;
        const Usage change = counted_ ? stored : Usage{};
        if (held_) {
            {
                // At once for who decides next: either still reserved, or used.
                const std::scoped_lock lock(held_->mutex);
                keeper_.source_.end_change(account_, change);
                held_->reserved += -taken_;
            }
            held_->freed.notify_all();
            keeper_.drop(account_, std::exchange(held_, nullptr));
        } else {
            keeper_.source_.end_change(account_, change);
        }
        line_.reset();
        return change == Usage{} ? std::nullopt : crossed_;
    }

  private:
    QuotaKeeper& keeper_;
    AccountName account_;
    SharedLimits limits_;
    std::shared_ptr<Line> line_;
    std::shared_ptr<QuotaKeeper::Held> held_;
    Usage taken_;
    std::optional<config::QuotaWarning> crossed_;
    bool counted_ = true;
    bool ended_ = false;
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
    if (!limits->limited() || surely_fits(account, limits, mailbox, added)) return {};
    const Result<Usage> usage = source_.usage(account, limits);
    if (!usage) return fail(usage.error());
    return result_of(storage::check(*usage, *limits, mailbox, added, last));
}

bool QuotaKeeper::surely_fits(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                              const Usage& added) {
    if (!limits->limited() || !limits->counts(mailbox)) return true;
    const std::optional<Usage> usage = source_.remembered(account, limits);
    return usage && has_ample_room(*usage, *limits, mailbox, added);
}

Result<Reservation> QuotaKeeper::reserve(const AccountName& account, const SharedLimits& limits,
                                         const MailboxName& mailbox, const Usage& added, LastMail last,
                                         const Reservation* beside) {
    auto room = std::make_unique<ReservedRoom>(*this, account, limits);
    if (!limits->counts(mailbox)) {
        room->dont_count();
        return Reservation(std::move(room));
    }
    if (!limits->limited()) return Reservation(std::move(room));
    std::shared_ptr<Held> held = held_for(account);
    if (Result<> decided = decide(*room, held, mailbox, added, last, beside ? beside->room_.get() : nullptr);
        !decided) {
        drop(account, std::move(held));
        return fail(decided.error());
    }
    return Reservation(std::move(room));
}

/// Takes the room, or says why there is none.
Result<> QuotaKeeper::decide(ReservedRoom& room, const std::shared_ptr<Held>& held, const MailboxName& mailbox,
                             const Usage& added, LastMail last, const ReservedRoom* beside) {
    const QuotaLimits& limits = *room.limits();
    {
        const std::scoped_lock lock(held->mutex);
        const std::optional<Usage> usage = source_.remembered(room.account(), room.limits());
        if (usage && has_ample_room(*usage + held->reserved, limits, mailbox, added)) {
            room.take(held, added, std::nullopt);
            return {};
        }
    }
    if (Result<> stood = room.stand_in_line(beside); !stood) return stood;
    const auto deadline = std::chrono::steady_clock::now() + store_.settings().lock_wait;
    const auto reserved = [&] {
        const std::scoped_lock lock(held->mutex);
        return held->reserved;
    };
    for (;;) {
        // Who reserved without standing in line may be counted twice, reserved and in place, but never be missed.
        const Usage before = reserved();
        const Result<Usage> usage = source_.usage(room.account(), room.limits());
        if (!usage) return fail(usage.error());
        std::unique_lock lock(held->mutex);
        const Usage others{std::max(before.bytes, held->reserved.bytes),
                           std::max(before.messages, held->reserved.messages)};
        const QuotaDecision decision = storage::check(*usage + others, limits, mailbox, added, last);
        if (decision.fits()) {
            room.take(held, added, decision.crossed);
            return {};
        }
        const bool is_final = others == Usage{} || decision.verdict == QuotaDecision::Verdict::too_large;
        if (is_final || beside != nullptr) return result_of(decision);
        if (!held->freed.wait_until(lock, deadline, [&] { return held->reserved != before || before == Usage{}; }))
            return fail(ErrorCode::busy, "Mailbox is in use", "room stays reserved");
    }
}

Reservation QuotaKeeper::without_room(const AccountName& account, const SharedLimits& limits) {
    return Reservation(std::make_unique<ReservedRoom>(*this, account, limits));
}

}  // namespace posthouse::storage
