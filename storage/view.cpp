// A session's view: what the mailbox's memory tells, turned into sequence numbers and untagged responses.
#include "storage/view.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/base/log.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {

namespace {

/// Without any of these nothing in a mailbox can be changed (RFC 4314 §5.2).
constexpr Rights changing{Right::insert, Right::expunge,        Right::write,
                          Right::seen,   Right::delete_message, Right::annotate};

}  // namespace

View::View(std::shared_ptr<Mailbox> mailbox, Access access, Rights rights, std::string viewer)
    : mailbox_(std::move(mailbox)), access_(access), rights_(rights), viewer_(std::move(viewer)), uid_next_(1) {}

Result<View> View::open(std::shared_ptr<Mailbox> mailbox, Access access, Rights rights, std::string viewer) {
    if (!rights.has(Right::read)) return fail(ErrorCode::denied, "No right to read this mailbox");
    View view(std::move(mailbox), access, rights, std::move(viewer));
    Result<Changes> loaded = view.refresh(Expunges::reveal);
    if (!loaded) return fail(loaded.error());
    return view;
}

bool View::read_only() const { return access_ == Access::read_only || !rights_.has_any(changing); }

std::optional<Uid> View::uid(SequenceNumber number) const {
    if (number.value() == 0 || number.value() > uids_.size()) return std::nullopt;
    return uids_[number.value() - 1];
}

std::optional<SequenceNumber> View::number(Uid uid) const {
    const std::optional<std::uint32_t> place = uids_.find(uid);
    return place ? std::optional(SequenceNumber(*place + 1)) : std::nullopt;
}

std::optional<SequenceNumber> View::first_unseen() const {
    if (seen_) {
        const auto unseen = std::ranges::find_if(uids_, [&](Uid uid) { return !seen_->contains(uid); });
        return unseen == uids_.end() ? std::nullopt : number(*unseen);
    }
    const std::optional<Uid> uid = mailbox_->state()->first_unseen();
    return uid ? number(*uid) : std::nullopt;
}

void View::overlay(Uid uid, Flags& flags) const {
    if (!seen_) return;
    if (seen_->contains(uid))
        flags.system.set(Flag::seen);
    else
        flags.system.clear(Flag::seen);
}

Result<> View::take_seen(Delta& delta) {
    if (viewer_.empty()) return {};
    const auto now = mailbox_->seen_by(viewer_);
    if (!now) return fail(now.error());
    if (told_seen_ && told_seen_ != *now && !delta.whole) {
        UidSet others = *told_seen_;
        others.remove(**now);
        UidSet more = **now;
        more.remove(*told_seen_);
        others.add(more);
        // Of a message that came since the delta was read the next refresh tells, as of one that is new.
        UidSet unknown = others;
        unknown.remove(uids_.set());
        others.remove(unknown);
        UidSet told;
        for (const MessageFlags& message : delta.flags) told.add(message.uid);
        others.remove(told);
        Result<std::vector<MessageRow>> rows = mailbox_->rows(others);
        if (!rows) return fail(rows.error());
        for (MessageRow& row : *rows) delta.flags.push_back({row.uid, std::move(row.flags), row.modseq});
        std::ranges::sort(delta.flags, {}, &MessageFlags::uid);
    }
    seen_ = told_seen_ = *now;
    return {};
}

Result<std::vector<MessageRow>> View::rows(const UidSet& uids, const Columns& columns) const {
    Result<std::vector<MessageRow>> rows = mailbox_->rows(uids, columns);
    if (rows && seen_)
        for (MessageRow& row : *rows) overlay(row.uid, row.flags);
    return rows;
}

Result<> View::each_flags(const UidSet& uids, const FlagsVisitor& visit) const {
    if (!seen_) return mailbox_->each_flags(uids, visit);
    return mailbox_->each_flags(uids, [&](const MessageFlags& message) {
        MessageFlags shown = message;
        overlay(shown.uid, shown.flags);
        visit(shown);
    });
}

Result<ConditionalStore> View::store_flags(const UidSet& uids, const FlagChange& change,
                                           std::optional<ModSeq> unchanged_since) {
    Result<ConditionalStore> done = mailbox_->store_flags(uids, change, unchanged_since, viewer_);
    if (!done || viewer_.empty()) return done;
    auto seen = mailbox_->seen_by(viewer_);
    if (!seen) return fail(seen.error());
    seen_ = std::move(*seen);
    return done;
}

Result<> View::watch_annotations(const AnnotationUser& user) {
    if (annotations_) return {};
    Result<AnnotationTables> now = mailbox_->annotations(user);
    if (!now) return fail(now.error());
    annotations_ = WatchedAnnotations{user, std::move(*now), {}};
    return {};
}

Result<ConditionalStore> View::store_annotations(const UidSet& uids, const std::vector<imap::AnnotationValue>& values,
                                                 const AnnotationUser& user, std::optional<ModSeq> unchanged_since) {
    Result<ConditionalStore> done = mailbox_->store_annotations(uids, values, user, unchanged_since);
    if (!done || !annotations_) return done;
    for (const MessageFlags& message : done->stored) annotations_->stored.push_back(message.uid);
    for (const imap::AnnotationScope scope : {imap::AnnotationScope::shared, imap::AnnotationScope::priv}) {
        AnnotationTable told = *annotations_->told.in(scope);
        for (const MessageFlags& message : done->stored)
            for (const imap::AnnotationValue& value : values)
                // What has no room here is told as a change.
                if (value.scope == scope) static_cast<void>(told.set(message.uid, value.entry, value.value));
        annotations_->told.in(scope) = std::make_shared<const AnnotationTable>(std::move(told));
    }
    return done;
}

Result<> View::take_annotations(Changes& changes) {
    if (!annotations_) return {};
    Result<AnnotationTables> now = mailbox_->annotations(annotations_->user);
    if (!now) return fail(now.error());
    std::map<std::uint32_t, std::set<std::string>> found;
    for (const imap::AnnotationScope scope : {imap::AnnotationScope::shared, imap::AnnotationScope::priv}) {
        const auto& before = annotations_->told.in(scope);
        if (before == now->in(scope)) continue;
        for (auto& [uid, entries] : differences(*before, *now->in(scope))) found[uid].merge(entries);
    }
    annotations_->told = std::move(*now);
    const std::vector<Uid> stored = std::exchange(annotations_->stored, {});
    changes.acknowledged.insert(changes.acknowledged.end(), stored.begin(), stored.end());
    UidSet uids;
    // New messages are looked at by clients in any case.
    for (const auto& [uid, entries] : found)
        if (number(Uid(uid)) && !std::ranges::binary_search(held_, Uid(uid)) &&
            !std::ranges::binary_search(changes.added, Uid(uid)))
            uids.add(Uid(uid));
    if (uids.empty()) return {};
    const Result<std::vector<MessageRow>> rows = mailbox_->rows(uids);
    if (!rows) return fail(rows.error());
    for (const MessageRow& row : *rows) {
        const std::set<std::string>& entries = found[row.uid.value()];
        changes.annotated.push_back({row.uid, {entries.begin(), entries.end()}, row.modseq});
    }
    return {};
}

Result<Changes> View::refresh(Expunges expunges) {
    // Before anything is claimed, so that a view that can't be opened takes no \Recent with it.
    if (!viewer_.empty() && !seen_) {
        const auto seen = mailbox_->seen_by(viewer_);
        if (!seen) return fail(seen.error());
        seen_ = told_seen_ = *seen;
    }
    Result<Delta> delta = mailbox_->state()->refresh(cursor_, read_only() ? Access::read_only : Access::read_write);
    if (!delta) return fail(delta.error());
    // What was claimed is told by this refresh or never; what was seen meanwhile by the next one.
    if (Result<> taken = take_seen(*delta); !taken)
        log::warning("cannot look at what a reader has seen", {{"folder", path_of(mailbox_->state()->folder()->root())},
                                                               {"reader", viewer_},
                                                               {"error", taken.error().message()}});
    Changes changes;
    const bool is_first = cursor_ == ModSeq();
    if (delta->whole && !is_first) {
        // Too far behind for the log: compare, and tell all flags.
        std::ranges::copy_if(uids_, std::back_inserter(delta->gone),
                             [&](Uid uid) { return !delta->uids.contains(uid); });
        Result<std::vector<MessageRow>> rows = mailbox_->rows(delta->uids.set());
        if (!rows) return fail(rows.error());
        for (MessageRow& row : *rows) delta->flags.push_back({row.uid, std::move(row.flags), row.modseq});
    }
    for (const Uid uid : delta->gone)
        if (number(uid)) held_.push_back(uid);
    std::ranges::sort(held_);
    held_.erase(std::ranges::unique(held_).begin(), held_.end());

    const bool begins = is_first && uids_.empty();
    std::vector<Uid> added;
    if (begins)
        uids_ = std::move(delta->uids);
    else if (delta->whole)
        std::ranges::copy_if(delta->uids, std::back_inserter(added), [&](Uid uid) { return uid >= uid_next_; });
    for (MessageFlags& message : delta->flags) {
        if (message.uid >= uid_next_) {
            // A UID below what the client was told to come next is never shown late: its numbers would shift.
            if (!delta->whole) added.push_back(message.uid);
            continue;
        }
        if (!number(message.uid) || std::ranges::binary_search(held_, message.uid)) continue;
        overlay(message.uid, message.flags);
        const auto known = known_.find(message.uid);
        if (known != known_.end() && known->second == message.flags) {
            changes.acknowledged.push_back(message.uid);
            continue;
        }
        changes.flags.push_back(std::move(message));
    }
    known_.clear();
    for (const Uid uid : added) uids_.push_back(uid);
    changes.added = std::move(added);
    uid_next_ = std::max(uid_next_, delta->uid_next);
    cursor_ = delta->now;

    if (!delta->recent.empty() || read_only()) {
        std::vector<Uid> recent;
        if (!read_only()) recent.assign(recent_.begin(), recent_.end());
        std::ranges::copy_if(delta->recent, std::back_inserter(recent), [&](Uid uid) { return uids_.contains(uid); });
        std::ranges::sort(recent);
        // Some were shown, as nobody's, before this session claimed them.
        recent.erase(std::ranges::unique(recent).begin(), recent.end());
        recent_.clear();
        for (const Uid uid : recent) recent_.push_back(uid);
    }

    if (expunges == Expunges::reveal && !held_.empty()) {
        for (auto uid = held_.rbegin(); uid != held_.rend(); ++uid)
            if (const auto gone = number(*uid)) changes.expunged.push_back({*gone, *uid});
        uids_.erase(held_);
        recent_.erase(held_);
        held_.clear();
    }
    if (Result<> taken = take_annotations(changes); !taken)
        log::warning("cannot look at annotations",
                     {{"folder", path_of(mailbox_->state()->folder()->root())}, {"error", taken.error().message()}});
    changes.count = count();
    changes.recent = recent();
    return changes;
}

void View::acknowledge(const std::vector<MessageFlags>& known) {
    for (const MessageFlags& message : known) known_.insert_or_assign(message.uid, message.flags);
}

}  // namespace posthouse::storage
