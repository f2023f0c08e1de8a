// A mailbox's small files: the lock, dovecot-uidlist, dovecot-keywords.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "storage/dot_lock.h"
#include "storage/maildir_name.h"
#include "storage/repair/access.h"
#include "storage/repair/keyword_lines.h"
#include "storage/repair/run.h"
#include "storage/store_state.h"
#include "storage/uidlist_reader.h"

namespace posthouse::storage {
namespace {

constexpr const char* list_name = "dovecot-uidlist";
constexpr const char* keywords_name = "dovecot-keywords";
constexpr std::size_t letters = 26;

/// The first bytes of a file, whatever its size.
Result<std::string> read_front(int file, std::size_t max_bytes) {
    std::string text(max_bytes, '\0');
    std::size_t done = 0;
    while (done < max_bytes) {
        const ssize_t n = ::pread(file, text.data() + done, max_bytes - done, static_cast<std::int64_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read", errno);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    return text;
}

}  // namespace

bool MailboxRun::is_plain_file(const char* name, FindingKind kind) {
    const Result<struct stat> st = stat_in(root_.get(), name);
    if (!st) return false;
    if (S_ISREG(st->st_mode)) {
        const std::optional<std::string> problem = access_problem(root_.get(), name, full_path_ + "/" + name);
        if (problem) tell(FindingKind::no_access, name, *problem);
        return !problem;
    }
    tell(kind, name, S_ISLNK(st->st_mode) ? "is a symbolic link, which isn't followed" : "is not a file",
         move_aside(root_.get(), name, "files"));
    return false;
}

void MailboxRun::look_at_lock() {
    if (!cur_ || !is_plain_file(uidlist_lock, FindingKind::stale_lock)) return;
    // Of this process and others of ours none has the lock while this one is held.
    const Result<FileLock> flock = FileLock::take(cur_.get(), run_.store().settings().lock_wait);
    if (!flock) return tell(FindingKind::unusable, "", flock.error().message());
    const std::vector<std::string>& hosts = run_.store().state().locks().hosts();
    const std::optional<LockFile> lock = look_at_lock_file(root_.get(), uidlist_lock, hosts);
    if (!lock) return;
    if (!lock->is_stale) {
        const std::int64_t patience =
            std::chrono::duration_cast<std::chrono::seconds>(run_.store().settings().lock_wait).count();
        if (lock->age_seconds >= patience)
            note(FindingKind::held_lock, uidlist_lock,
                 "is held for " + std::to_string(lock->age_seconds) + " seconds by " + lock->holder +
                     ": nobody can open the mailbox meanwhile");
        return;
    }
    Outcome outcome;
    if (run_.mends()) {
        remove_stale_lock(root_.get(), uidlist_lock, hosts);
        outcome = "removed";
    }
    tell(FindingKind::stale_lock, uidlist_lock, "whoever held it is gone: " + lock->holder, outcome);
}

void MailboxRun::look_at_list() {
    if (!is_plain_file(list_name, FindingKind::damaged_list)) return;
    const auto damaged = [&](std::string found) {
        Outcome outcome;
        if (run_.mends() && list_is_damaged_) outcome = "written anew";
        if (run_.mends() && !list_is_damaged_) {
            const Result<std::string> kept = aside_.keep(root_.get(), list_name);
            outcome = kept ? "written anew; what it was is " + *kept : Result<std::string>(fail(kept.error()));
            list_is_damaged_ = true;
        }
        tell(FindingKind::damaged_list, list_name, std::move(found), outcome);
    };
    const Result<UniqueFd> file = open_in(root_.get(), list_name, O_RDONLY);
    if (!file) return tell(FindingKind::unusable, list_name, reason(file.error()));
    const Result<Stamp> stamp = stamp_of(file->get());
    Result<std::optional<UidListStart>> start = read_uidlist_start(file->get());
    if (!start) return tell(FindingKind::unusable, list_name, reason(start.error()));
    if (!*start) return damaged("has no usable header: UIDVALIDITY and UIDs are lost");
    const UidListHeader& header = (*start)->header;
    guid_ = header.guid;
    Result<UidListTail> tail = read_uidlist_tail(file->get(), (*start)->end, header.version1, 0);
    if (!tail) return tell(FindingKind::unusable, list_name, reason(tail.error()));
    std::size_t doubles = 0;
    std::uint32_t last = 0;
    for (UidListEntry& entry : tail->lines.entries) {
        last = entry.uid;
        if (!lines_.insert_or_assign(std::move(entry.base), SeenLine{entry.uid, std::move(entry.extras)}).second)
            ++doubles;
    }
    if (stamp) list_stamp_ = *stamp;
    if (tail->lines.damaged) damaged("has lines that make no sense");
    if (doubles > 0) damaged("tells " + std::to_string(doubles) + " messages twice");
    if (uids_are_used_up(std::max(header.next_uid, last))) damaged("has no UIDs left");
}

/// Known by name to nobody who kept the mail anew: deliveries alone make no list, a session does.
void MailboxRun::note_missing_list() {
    struct stat st{};
    const auto read =
        static_cast<std::uint64_t>(std::ranges::count_if(files_, [](const SeenFile& file) { return !file.fresh; }));
    if (read == 0 || ::fstatat(root_.get(), list_name, &st, AT_SYMLINK_NOFOLLOW) == 0) return;
    note(FindingKind::missing_files, list_name,
         "is missing: the " + std::to_string(read) +
             " messages in cur/ get new UIDs, and clients load them again; one out of a backup saves that");
}

Result<MailboxRun::SeenKeywords> MailboxRun::read_keywords() const {
    constexpr std::size_t max_bytes = 1u << 16;  // what sessions read
    const Result<UniqueFd> file = open_in(root_.get(), keywords_name, O_RDONLY);
    if (!file) return fail(file.error());
    const Result<std::string> text = read_front(file->get(), max_bytes + 1);
    if (!text) return fail(text.error());
    return SeenKeywords{parse_keyword_lines(*text), text->size() > max_bytes};
}

void MailboxRun::look_at_keywords() {
    if (!is_plain_file(keywords_name, FindingKind::damaged_keywords)) return;
    const Result<SeenKeywords> seen = read_keywords();
    if (!seen) return tell(FindingKind::unusable, keywords_name, reason(seen.error()));
    for (std::size_t i = 0; i < letters; ++i)
        if (!seen->lines.names.at(i).empty()) named_letters_ |= 1u << i;
    if (!seen->is_damaged()) return;
    Outcome outcome;
    if (run_.mends()) outcome = rewrite_keywords();
    tell(FindingKind::damaged_keywords, keywords_name,
         seen->lines.is_damaged ? "has lines that make no sense" : "is too large", outcome);
}

/// Under the locks of whoever gives a letter, and with what he left.
Result<std::string> MailboxRun::rewrite_keywords() {
    const Settings& settings = run_.store().settings();
    const Result<Folder> folder = Folder::open(account_, below_, MissingParts::make);
    if (!folder) return fail(folder.error());
    const Result<FileLock> flock = FileLock::take(folder->cur(), settings.lock_wait);
    if (!flock) return fail(flock.error());
    const Result<DotLock> lock = DotLock::take(*folder, uidlist_lock, run_.store().state().locks(), settings.lock_wait);
    if (!lock) return fail(lock.error());
    const Result<SeenKeywords> seen = read_keywords();
    if (!seen) return fail(seen.error());
    if (!seen->is_damaged()) return "written anew by somebody else";
    const Result<std::string> kept = aside_.keep(root_.get(), keywords_name);
    if (!kept) return kept;
    if (Result<> written = replace_file(root_.get(), keywords_name, to_text(seen->lines)); !written)
        return fail(written.error());
    return "written anew; what it was is " + *kept;
}

void MailboxRun::note_nameless_keywords() {
    std::uint32_t used = 0;
    for (const SeenFile& file : files_) used |= flags_of(file.name).keywords;
    used &= ~named_letters_;
    if (used == 0) return;
    std::string which;
    for (std::size_t i = 0; i < letters; ++i)
        if ((used >> i & 1) != 0) which += static_cast<char>('a' + i);
    note(FindingKind::nameless_keyword, keywords_name, "has no name for letters of messages: " + which);
}

}  // namespace posthouse::storage
