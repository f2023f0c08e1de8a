// A mailbox's folders: there, and without what processes that died left in them.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include "storage/repair/access.h"
#include "storage/repair/run.h"

namespace posthouse::storage {

MailboxRun::MailboxRun(RepairRun& run, int account, std::string name, const std::string& below)
    : run_(run),
      account_(account),
      name_(std::move(name)),
      below_(below),
      full_path_(below.empty() ? run.root() : run.root() + "/" + below),
      aside_(account, below) {}

void MailboxRun::go() {
    if (!open_folders()) return;
    look_at_lock();
    look_at_list();
    look_at_keywords();
    look_at_side_files();
    for (const bool fresh : {true, false})
        if (part(fresh) >= 0) look_at_entries(fresh);
    read_files();
    note_nameless_keywords();
    note_missing_list();
    look_at_index();
    note_missing_files();
    // Only what has a base name of its own can get a better one.
    if (look_for_doubles() && run_.mends() && open_state()) read_files();
    look_at_sizes();
    look_for_leftovers(root_.get(), false);
    if (tmp_) look_for_leftovers(tmp_.get(), true);
    settle();
}

Outcome MailboxRun::move_aside(int folder, const std::string& name, std::string_view part) const {
    if (!run_.mends()) return std::nullopt;
    const Result<std::string> aside = aside_.move(folder, name, part);
    return aside ? "moved to " + *aside : Result<std::string>(fail(aside.error()));
}

void MailboxRun::tell_hindrance(int folder, const std::string& name, const std::string& below, const Error& error,
                                FindingKind kind) {
    const std::string full = below.empty() ? full_path_ : full_path_ + "/" + below;
    if (const std::optional<std::string> problem = access_problem(folder, name, full))
        return tell(kind == FindingKind::unusable ? FindingKind::no_access : kind, below, *problem);
    tell(kind, below, reason(error));
}

bool MailboxRun::open_folders() {
    Result<UniqueFd> root = open_in(account_, below_.empty() ? "." : below_, O_RDONLY | O_DIRECTORY);
    if (!root) {
        tell_hindrance(account_, below_.empty() ? "." : below_, "", root.error());
        return false;
    }
    root_ = std::move(*root);
    // The account's own folder is looked at before.
    if (const auto problem = access_problem(root_.get(), ".", full_path_); problem && !below_.empty())
        tell(FindingKind::no_access, "", *problem);
    for (const auto& [part, name] : {std::pair{&fresh_, "new"}, {&cur_, "cur"}, {&tmp_, "tmp"}}) open_part(*part, name);
    return true;
}

void MailboxRun::open_part(UniqueFd& part, const char* name) {
    Result<UniqueFd> opened = open_in(root_.get(), name, O_RDONLY | O_DIRECTORY);
    if (opened) {
        if (const auto problem = access_problem(root_.get(), name, full_path_ + "/" + name))
            tell(FindingKind::no_access, name, *problem);
        part = std::move(*opened);
        return;
    }
    struct stat st{};
    const bool is_taken = ::fstatat(root_.get(), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_taken && S_ISDIR(st.st_mode)) return tell_hindrance(root_.get(), name, name, opened.error());
    Outcome outcome;
    if (run_.mends()) outcome = make_part(part, name, is_taken);
    tell(FindingKind::missing_folder, name, is_taken ? "is not a folder" : "is missing", outcome);
}

Result<std::string> MailboxRun::make_part(UniqueFd& part, const char* name, bool is_taken) {
    std::string done = "made";
    if (is_taken) {
        const Result<std::string> aside = aside_.move(root_.get(), name, "files");
        if (!aside) return aside;
        done = "moved to " + *aside + ", and made";
    }
    if (::mkdirat(root_.get(), name, 0700) != 0 && errno != EEXIST) return fail_errno("mkdir", errno);
    if (Result<> synced = sync_fd(root_.get(), "mailbox's folder"); !synced) return fail(synced.error());
    Result<UniqueFd> opened = open_in(root_.get(), name, O_RDONLY | O_DIRECTORY);
    if (!opened) return fail(opened.error());
    part = std::move(*opened);
    return done;
}

void MailboxRun::look_for_leftovers(int folder, bool is_tmp) {
    const Result<std::vector<std::string>> names = names_in(folder);
    if (!names) return tell(FindingKind::unusable, is_tmp ? "tmp" : "", reason(names.error()));
    const std::int64_t limit = std::time(nullptr) - tmp_lifetime_seconds;
    for (const std::string& name : *names) {
        struct stat st{};
        if (!is_tmp && !is_leftover(name)) continue;
        if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (st.st_mtim.tv_sec >= limit || st.st_ctim.tv_sec >= limit) continue;
        Outcome outcome;
        // Opening the mailbox removes what any Maildir reader may remove.
        if (S_ISREG(st.st_mode) || (is_tmp && S_ISDIR(st.st_mode) && is_half_mailbox(name))) {
            if (run_.mends()) outcome = "removed";
        } else {
            outcome = move_aside(folder, name, is_tmp ? "tmp" : "files");
        }
        tell(FindingKind::leftover, is_tmp ? "tmp/" + name : name, "nobody touched it for 36 hours", outcome);
    }
}

}  // namespace posthouse::storage
