// What a mailbox has beside its messages and lists: dovecot-acl, posthouse-metadata, posthouse-keywords.
#include <fcntl.h>

#include <algorithm>

#include "storage/access_file.h"
#include "storage/account_tree.h"
#include "storage/annotation_file.h"
#include "storage/dot_lock.h"
#include "storage/further_keyword_file.h"
#include "storage/repair/access.h"
#include "storage/repair/run.h"
#include "storage/store_state.h"

namespace posthouse::storage {
namespace {

constexpr const char* access_name = "dovecot-acl";

}  // namespace

/// A line without sense may have been a restriction, so nobody but the owner has rights while it is there, nor without
/// the file: what was meant is for the administrator to say.
void MailboxRun::look_at_access_list() {
    if (!is_plain_file(access_name, FindingKind::damaged_small_file)) return;
    const Result<AccessList> list = read_access_list(root_.get());
    if (!list) return tell(FindingKind::unusable, access_name, reason(list.error()));
    const std::vector<std::string> senseless = list->senseless();
    if (senseless.empty()) return;
    constexpr std::size_t shown = 100;
    tell(FindingKind::damaged_small_file, access_name,
         std::to_string(senseless.size()) + " lines make no sense, so that only the owner has rights; the first is '" +
             senseless.front().substr(0, shown) + "'",
         move_access_list_aside());
}

/// Under the locks of whoever changes it; one that he has mended stays.
Outcome MailboxRun::move_access_list_aside() const {
    if (!run_.mends()) return std::nullopt;
    const Settings& settings = run_.store().settings();
    const Result<AccountLock> lock = AccountLock::take(run_.root(), settings);
    if (!lock) return Result<std::string>(fail(lock.error()));
    const Result<Folder> folder = Folder::open(account_, below_, MissingParts::make);
    if (!folder) return Result<std::string>(fail(folder.error()));
    const Result<DotLock> dot_lock =
        DotLock::take(*folder, access_lock, run_.store().state().locks(), settings.lock_wait);
    if (!dot_lock) return Result<std::string>(fail(dot_lock.error()));
    const Result<AccessList> list = read_access_list(root_.get());
    if (list && list->senseless().empty()) return "mended by somebody else";
    return move_aside(root_.get(), access_name, "files");
}

void MailboxRun::look_at_annotations(const char* file_name) {
    if (!is_plain_file(file_name, FindingKind::damaged_small_file)) return;
    const Result<Annotations> annotations = read_annotations(root_.get(), file_name);
    if (!annotations) return tell(FindingKind::unusable, file_name, reason(annotations.error()));
    if (!annotations->damaged()) return;
    Outcome outcome;
    if (run_.mends()) outcome = rewrite_annotations(file_name);
    tell(FindingKind::damaged_small_file, file_name, "holds what can't be annotations", outcome);
}

Result<std::string> MailboxRun::rewrite_annotations(const char* file_name) {
    const Result<AccountLock> lock = AccountLock::take(run_.root(), run_.store().settings());
    if (!lock) return fail(lock.error());
    const Result<Annotations> annotations = read_annotations(root_.get(), file_name);
    if (!annotations) return fail(annotations.error());
    const Result<std::string> kept = aside_.keep(root_.get(), file_name);
    if (!kept) return kept;
    if (Result<> written = replace_file(root_.get(), file_name, annotations->text()); !written)
        return fail(written.error());
    return "written anew; what it was is " + *kept;
}

void MailboxRun::look_at_further_keywords() {
    constexpr const char* file_name = FurtherKeywordFile::file_name;
    if (!cur_ || !fresh_ || !tmp_ || !is_plain_file(file_name, FindingKind::damaged_keywords)) return;
    const Result<Folder> folder = Folder::open(account_, below_, MissingParts::make);
    const Result<FileLock> lock =
        folder ? FileLock::take(folder->cur(), run_.store().settings().lock_wait) : fail(folder.error());
    if (!lock) return tell(FindingKind::unusable, file_name, reason(lock.error()));
    FurtherKeywordFile file;
    const Result<FurtherKeywordFile::News> read = file.reload(*folder);
    if (!read) return tell(FindingKind::unusable, file_name, reason(read.error()));
    const RecordPosition& position = file.position().file;
    const bool is_torn = position.parsed < position.stamp.size;
    if (position.damaged == 0 && !is_torn) return;
    Outcome outcome;
    if (run_.mends()) {
        const Result<std::string> kept = aside_.keep(root_.get(), file_name);
        const Result<> written =
            kept ? file.compact(*folder, [](const auto&, const auto&) { return true; }) : fail(kept.error());
        outcome = written ? "written anew; what it was is " + *kept : Result<std::string>(fail(written.error()));
    }
    tell(FindingKind::damaged_keywords, file_name,
         position.damaged > 0 ? std::to_string(position.damaged) + " lines are damaged" : "its last line is torn",
         outcome);
}

void MailboxRun::look_at_side_files() {
    look_at_access_list();
    look_at_annotations(mailbox_annotations);
    if (below_.empty()) look_at_annotations(account_annotations);
    look_at_further_keywords();
}

}  // namespace posthouse::storage
