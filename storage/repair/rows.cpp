// The index against the files; and what only the engine itself can mend, done through it.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "storage/folder.h"
#include "storage/index/transaction.h"
#include "storage/mailbox_state.h"
#include "storage/maildir_name.h"
#include "storage/repair/run.h"

namespace posthouse::storage {
namespace {

std::string difference(std::string_view what, std::uint64_t told, std::uint64_t counted) {
    return std::string(what) + ": " + std::to_string(told) + " in the index, " + std::to_string(counted) + " in fact";
}

/// The mailbox's row against the rows of its messages.
std::optional<std::string> wrong_count(const MailboxRow& row, const std::vector<Record>& records) {
    std::uint64_t unseen = 0;
    std::uint64_t deleted = 0;
    std::uint64_t fresh = 0;
    std::uint64_t bytes = 0;
    for (const Record& record : records) {
        if (!record.system().has(Flag::seen)) ++unseen;
        if (record.system().has(Flag::deleted)) ++deleted;
        if (record.fresh()) ++fresh;
        if (record.file.physical_size > 0) bytes += static_cast<std::uint64_t>(record.file.physical_size);
    }
    if (row.messages != records.size()) return difference("messages", row.messages, records.size());
    if (row.unseen != unseen) return difference("unseen", row.unseen, unseen);
    if (row.deleted != deleted) return difference("deleted", row.deleted, deleted);
    if (row.fresh != fresh) return difference("recent", row.fresh, fresh);
    if (row.bytes != bytes) return difference("bytes", row.bytes, bytes);
    return std::nullopt;
}

std::string place_of(bool fresh, const std::string& name) { return (fresh ? "new/" : "cur/") + name; }

}  // namespace

void MailboxRun::look_at_index() {
    if (!run_.has_index() || !cur_ || !fresh_) return;
    std::optional<std::string> found;
    {
        const Result<FileLock> lock = FileLock::take(cur_.get(), run_.store().settings().lock_wait);
        if (!lock) return tell(FindingKind::unusable, "", lock.error().message());
        const Result<std::optional<std::string>> compared = compare_rows();
        if (!compared) return tell(FindingKind::unusable, "index", compared.error().message());
        found = *compared;
    }
    if (!found) return;
    Outcome outcome;
    if (run_.mends()) {
        const auto state = open_state();
        const Result<> made = state ? (*state)->make_rows_anew() : fail(state.error());
        outcome = made ? "rows made anew from the files" : Result<std::string>(fail(made.error()));
    }
    tell(FindingKind::index_differs, "", *found, outcome);
}

/// How many messages that sessions showed last have no file now, whoever took it.
Result<> MailboxRun::look_for_missing_files(const std::vector<Record>& records) {
    std::unordered_set<std::string> there;
    // Two readings, for a file that is renamed meanwhile may show up in neither place.
    for (const SeenFile& file : files_) there.emplace(base_of(file.name));
    for (const bool fresh : {true, false}) {
        const Result<std::vector<std::string>> names = message_names_in(part(fresh));
        if (!names) return fail(names.error());
        for (const std::string& name : *names) there.emplace(base_of(name));
    }
    known_messages_ = records.size();
    missing_files_ = static_cast<std::uint64_t>(
        std::ranges::count_if(records, [&](const Record& record) { return !there.contains(record.file.base); }));
    return {};
}

void MailboxRun::note_missing_files() {
    const auto tell_of = [&](std::uint64_t missing, std::uint64_t known, std::string_view where) {
        note(FindingKind::missing_files, "",
             std::to_string(missing) + " of " + std::to_string(known) + " messages " + std::string(where) +
                 " have no file: another program removed them, or they are lost");
    };
    if (missing_files_) {
        if (*missing_files_ > 0) tell_of(*missing_files_, known_messages_, "that sessions showed");
        return;
    }
    struct stat st{};
    for (const bool fresh : {true, false})
        if (part(fresh) < 0 && ::fstatat(root_.get(), fresh ? "new" : "cur", &st, AT_SYMLINK_NOFOLLOW) == 0)
            return;  // what lies in it can't be seen
    // Lines of expunged messages stay until there are too many of them.
    std::unordered_set<std::string_view> there;
    for (const SeenFile& file : files_) there.insert(base_of(file.name));
    const auto missing = static_cast<std::uint64_t>(
        std::ranges::count_if(lines_, [&](const auto& line) { return !there.contains(line.first); }));
    if (missing > (cur_ ? min_dead_lines + files_.size() / 4 : 0))
        tell_of(missing, lines_.size(), "in dovecot-uidlist");
}

Result<std::optional<std::string>> MailboxRun::compare_rows() {
    struct stat st{};
    if (::fstat(root_.get(), &st) != 0) return fail_errno("stat mailbox", errno);
    const Result<IndexReader> reader = IndexReader::begin(run_.store().state().index_place(run_.root()));
    if (!reader) return fail(reader.error());
    const std::optional<MailboxRow> row = reader->mailbox({st.st_dev, st.st_ino});
    std::vector<Record> records;
    if (row)
        reader->each_flags(row->number, 0, std::numeric_limits<std::uint32_t>::max(),
                           [&](std::uint32_t uid, const FlagRow& flags) {
                               if (std::optional<FileRow> file = reader->file(row->number, uid))
                                   records.push_back({uid, flags, std::move(*file)});
                               return true;
                           });
    if (Result<> read = reader->status(); !read) return fail(read.error());
    if (!row) return std::nullopt;
    if (std::optional<std::string> wrong = wrong_count(*row, records)) return wrong;
    const Result<Stamp> cur = stamp_of(cur_.get());
    const Result<Stamp> fresh = stamp_of(fresh_.get());
    const Result<Stamp> list = stamp_in(root_.get(), "dovecot-uidlist");
    if (!cur || !fresh || !list) return fail(!cur ? cur.error() : !fresh ? fresh.error() : list.error());
    // What changed since the index was written is read by the next session: no damage.
    const bool is_current = row->cur.at_ns != 0 && row->fresh_look.at_ns != 0 && row->cur.stamp == *cur &&
                            row->fresh_look.stamp == *fresh && row->list.stamp == *list;
    if (is_current) {
        missing_files_ = 0;
        return compare_files(records, *list);
    }
    if (Result<> looked = look_for_missing_files(records); !looked) return fail(looked.error());
    return std::nullopt;
}

Result<std::optional<std::string>> MailboxRun::compare_files(const std::vector<Record>& records,
                                                             const Stamp& list) const {
    std::unordered_map<std::string, bool> there;  // and whether a row tells of it
    for (const bool fresh : {true, false}) {
        const Result<std::vector<std::string>> names = message_names_in(part(fresh));
        if (!names) return fail(names.error());
        for (const std::string& name : *names)
            if (is_message_name(name)) there.emplace(place_of(fresh, name), false);
    }
    for (const Record& record : records) {
        const std::string uid = "UID " + std::to_string(record.uid);
        const auto file = there.find(place_of(record.fresh(), record.name()));
        if (file == there.end()) return uid + " has no file " + place_of(record.fresh(), record.name());
        file->second = true;
        if (list != list_stamp_) continue;
        const auto line = lines_.find(record.file.base);
        if (line == lines_.end()) return uid + " has no line in dovecot-uidlist";
        if (line->second.uid != record.uid)
            return uid + " is UID " + std::to_string(line->second.uid) + " in dovecot-uidlist";
    }
    for (const auto& [file, is_told] : there)
        if (!is_told) return file + " isn't in the index";
    return std::nullopt;
}

Result<std::shared_ptr<MailboxState>> MailboxRun::open_state() {
    const Result<std::shared_ptr<Account>> account = run_.account();
    if (!account) return fail(account.error());
    for (bool again = true;; again = false) {
        Result<std::shared_ptr<MailboxState>> state = StoreState::mailbox((*account)->store(), run_.root(), below_);
        if (!state) return state;
        const Result<Snapshot> now = (*state)->look();
        if (now) return state;
        // The mailbox that this process knew is another now: a new UIDVALIDITY.
        if (now.error().code != ErrorCode::not_found || !again) return fail(now.error());
    }
}

void MailboxRun::settle() {
    if (!run_.mends()) return;
    const Result<std::shared_ptr<MailboxState>> state = open_state();
    if (!state) return tell(FindingKind::unusable, "", state.error().message());
    if (list_is_damaged_)
        if (const Result<> written = (*state)->compact(); !written)
            tell(FindingKind::unusable, "dovecot-uidlist", written.error().message());
    if (!corrections_.empty())
        if (const Result<> renamed = (*state)->rename_bases(corrections_); !renamed)
            tell(FindingKind::unusable, "cur", renamed.error().message());
    guid_ = (*state)->guid();
}

Result<> MailboxRun::begin_anew() {
    const Result<std::shared_ptr<MailboxState>> state = open_state();
    return state ? (*state)->begin_anew() : fail(state.error());
}

}  // namespace posthouse::storage
