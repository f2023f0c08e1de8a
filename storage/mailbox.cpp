// Mailbox: the public face; APPEND, COPY and MOVE put together from what the mailboxes' memories do.
#include "storage/mailbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/random.h"
#include "storage/access_file.h"
#include "storage/mailbox_state.h"
#include "storage/maildir_name.h"
#include "storage/uidlist.h"
#include "storage/work_count.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

/// Names in tmp/ that are removed again unless they became messages.
class TmpNames {
  public:
    explicit TmpNames(const Folder& folder) : folder_(folder) {}
    TmpNames(const TmpNames&) = delete;
    TmpNames& operator=(const TmpNames&) = delete;
    ~TmpNames() {
        for (const Arrival& arrival : arrivals)
            if (!arrival.tmp_name.empty()) ::unlinkat(folder_.tmp(), arrival.tmp_name.c_str(), 0);
    }
    std::vector<Arrival> arrivals;

  private:
    const Folder& folder_;
};

}  // namespace

Mailbox::Mailbox(std::shared_ptr<MailboxState> state) : state_(std::move(state)) { state_->begin_use(); }
Mailbox::~Mailbox() { state_->end_use(); }

std::string Mailbox::guid() const { return state_->guid(); }
UidValidity Mailbox::uid_validity() const { return state_->uid_validity(); }
Result<Status> Mailbox::status() { return state_->status(); }
std::vector<std::string> Mailbox::keywords() const { return state_->keyword_names(); }
bool Mailbox::may_create_keywords() const { return state_->may_create_keywords(); }
bool Mailbox::take_verification() { return state_->take_verification(); }
Result<> Mailbox::verify() { return state_->verify(); }

Result<std::vector<MessageRow>> Mailbox::rows(const UidSet& uids, const Columns& columns) const {
    return state_->rows(uids, columns);
}

Result<> Mailbox::each_flags(const UidSet& uids, const FlagsVisitor& visit) const {
    return state_->each_flags(uids, visit);
}

Result<MessageContent> Mailbox::open_message(Uid uid) { return state_->open_message(uid); }
Result<MessageContent> Mailbox::open_message(const MessageRow& row) { return state_->open_message(row); }

Result<MessageSummary> Mailbox::summary(Uid uid, SummaryParts parts) { return state_->summary(uid, parts); }

Result<> Mailbox::each_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit,
                               const std::function<void()>& finish) {
    return state_->each_summary(uids, part, visit, finish);
}

Result<> Mailbox::each_kept_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit) {
    return state_->each_kept_summary(uids, part, visit);
}

Result<MessageWriter> Mailbox::start_message() {
    Result<std::unique_ptr<WriterState>> writer =
        WriterState::create(state_->folder(), "append." + state_->store().host() + "." + random_hex(16));
    if (!writer) return fail(writer.error());
    return MessageWriter(std::move(*writer));
}

Result<Appended> Mailbox::append(std::vector<NewMessage> messages) {
    std::vector<Arrival> arrivals;
    for (NewMessage& message : messages) {
        WriterState& writer = message.content.state();
        if (&writer.folder() != state_->folder().get())
            return fail(ErrorCode::internal, "Internal error", "message was written for another mailbox");
        if (Result<> finished = writer.finish(); !finished) return fail(finished.error());
        if (message.internal_date) {
            const timespec date{message.internal_date->time_since_epoch().count(), 0};
            const timespec times[2] = {date, date};
            if (::futimens(writer.file(), times) != 0) return fail_errno("set a message's date", errno);
        }
        if (Result<> synced = writer.sync(); !synced) return fail(synced.error());
        arrivals.push_back(
            {.tmp_name = writer.name(),
             .base = make_base_name(state_->store().host(), {}, writer.physical_size(), writer.wire_size()),
             .system = message.flags.system,
             .keywords = message.flags.keywords,
             .extras = {},
             .annotations = message.annotations,
             .physical_size = static_cast<std::int64_t>(writer.physical_size()),
             .wire_size = static_cast<std::int64_t>(writer.wire_size()),
             .internal_date =
                 message.internal_date ? message.internal_date->time_since_epoch().count() : FileRow::unknown});
    }
    Result<std::vector<Uid>> uids = state_->add(arrivals, WhenFull::fail);
    if (!uids) return fail(uids.error());
    for (NewMessage& message : messages) message.content.state().release();
    return Appended{state_->uid_validity(), std::move(*uids)};
}

Result<Copied> Mailbox::copy(const UidSet& uids, Mailbox& target, const Carried& carried) {
    // Their sizes become part of the new names.
    if (const auto sized = state_->rows(uids, {.physical_size = true, .wire_size = true}); !sized)
        return fail(sized.error());
    const Result<AnnotationTables> annotations = state_->annotations(carried.user);
    if (!annotations) return fail(annotations.error());
    Copied copied{target.uid_validity(), {}, {}};
    TmpNames links(*target.state_->folder());
    Result<std::vector<CopySource>> sources = state_->copy_sources(uids);
    if (!sources) return fail(sources.error());
    for (CopySource& source : *sources) {
        WorkCount::add_one();
        const FileRow& file = source.record.file;
        if (file.physical_size < 0 || file.wire_size < 0) continue;  // gone before it could be measured
        std::string base = make_base_name(state_->store().host(), {}, static_cast<std::uint64_t>(file.physical_size),
                                          static_cast<std::uint64_t>(file.wire_size));
        const Result<> linked = state_->link_to(source, *target.state_->folder(), base);
        const bool is_gone = !linked && linked.error().code == ErrorCode::not_found;
        if (is_gone && !target.state_->folder()->deleted()) continue;
        if (!linked) return fail(linked.error());
        std::string extras;
        const std::string guid = source.record.guid();
        // A blank would end the field.
        if (guid.find(' ') == std::string::npos) add_extra(extras, 'G', guid);
        copied.from.emplace_back(source.record.uid);
        Flags flags = carried.flags.of(source.flags);
        const Uid uid(source.record.uid);
        MessageAnnotations notes{{}, {}, carried.user_there};
        if (carried.shared_annotations) notes.shared = annotations->shared->of(uid);
        if (carried.own_annotations) notes.own = annotations->own->of(uid);
        links.arrivals.push_back({.tmp_name = base,
                                  .base = std::move(base),
                                  .system = flags.system,
                                  .keywords = std::move(flags.keywords),
                                  .extras = std::move(extras),
                                  .annotations = std::move(notes),
                                  .physical_size = file.physical_size,
                                  .wire_size = file.wire_size,
                                  .internal_date = file.internal_date});
    }
    Result<std::vector<Uid>> added = target.state_->add(links.arrivals, WhenFull::leave_out);
    if (!added) return fail(added.error());
    copied.to = std::move(*added);
    return copied;
}

Result<Copied> Mailbox::move(const UidSet& uids, Mailbox& target, const Carried& carried) {
    Result<Copied> copied = copy(uids, target, carried);
    if (!copied || copied->from.empty()) return copied;
    const Result<std::vector<Uid>> removed = state_->expunge(UidSet(copied->from), ExpungeRule::all_given);
    Result<> taken_back;
    if (removed) {
        // What others moved or removed meanwhile wasn't this one's to move.
        const UidSet moved(*removed);
        taken_back = take_back(*copied, target, [&](Uid uid) { return !moved.contains(uid); });
    } else if (const auto left = state_->rows(UidSet(copied->from), {})) {
        UidSet here;
        for (const MessageRow& row : *left) here.add(row.uid);
        taken_back = take_back(*copied, target, [&](Uid uid) { return here.contains(uid); });
    }
    if (!removed) return fail(removed.error());
    if (!taken_back) return fail(taken_back.error());
    return copied;
}

/// Removes the copies of messages that stay where they are.
Result<> Mailbox::take_back(Copied& copied, Mailbox& target, const std::function<bool(Uid)>& stays) {
    Copied moved{copied.uid_validity, {}, {}};
    std::vector<Uid> doubles;
    for (std::size_t i = 0; i < copied.from.size(); ++i) {
        if (stays(copied.from[i])) {
            doubles.push_back(copied.to[i]);
            continue;
        }
        moved.from.push_back(copied.from[i]);
        moved.to.push_back(copied.to[i]);
    }
    if (doubles.empty()) return {};
    const Result<std::vector<Uid>> removed = target.state_->expunge(UidSet(doubles), ExpungeRule::all_given);
    if (!removed) return fail(removed.error());
    copied = std::move(moved);
    return {};
}

Result<std::vector<Uid>> Mailbox::expunge(const UidSet& uids, ExpungeRule rule) { return state_->expunge(uids, rule); }

Result<std::vector<MessageFlags>> Mailbox::store_flags(const UidSet& uids, const FlagChange& change) {
    Result<ConditionalStore> done = state_->store_flags(uids, change, std::nullopt);
    if (!done) return fail(done.error());
    return std::move(done->stored);
}

Result<ConditionalStore> Mailbox::store_flags(const UidSet& uids, const FlagChange& change, ModSeq unchanged_since) {
    return state_->store_flags(uids, change, unchanged_since);
}

Result<ConditionalStore> Mailbox::store_flags(const UidSet& uids, const FlagChange& change,
                                              std::optional<ModSeq> unchanged_since, const std::string& viewer) {
    return state_->store_flags(uids, change, unchanged_since, viewer);
}

Result<AnnotationTables> Mailbox::annotations(const AnnotationUser& user) const { return state_->annotations(user); }

Result<ConditionalStore> Mailbox::store_annotations(const UidSet& uids,
                                                    const std::vector<imap::AnnotationValue>& values,
                                                    const AnnotationUser& user, std::optional<ModSeq> unchanged_since) {
    return state_->store_annotations(uids, values, user, unchanged_since);
}

Result<std::shared_ptr<const UidSet>> Mailbox::seen_by(const std::string& viewer) const {
    return state_->seen_by(viewer);
}

Result<Status> Mailbox::status_of(const std::string& viewer) {
    return viewer.empty() ? state_->status() : state_->status_of(viewer);
}

Result<AccessList> Mailbox::acl() const { return read_access_list(state_->folder()->root()); }

Result<std::uint64_t> Mailbox::wire_size() const { return state_->wire_size(); }

Result<MessageChanges> Mailbox::changes_since(ModSeq since) const { return state_->changes_since(since); }

}  // namespace posthouse::storage
