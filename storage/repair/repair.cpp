// A run over an account: its mailboxes one by one, then what concerns several of them.
#include "storage/repair/repair.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "lib/base/file.h"
#include "storage/account_tree.h"
#include "storage/folder.h"
#include "storage/found_folders.h"
#include "storage/index/index.h"
#include "storage/repair/access.h"
#include "storage/repair/run.h"
#include "storage/repair/unserved.h"
#include "storage/store_state.h"
#include "storage/subscriptions.h"
#include "storage/uidlist_reader.h"

namespace posthouse::storage {
namespace {

/// A mailbox by its folder below the account's.
struct Place {
    MailboxName name;
    std::string below;
    bool operator<(const Place& other) const {
        return std::pair(!below.empty(), name) < std::pair(!other.below.empty(), other.name);
    }
};

/// Nanoseconds since 1970 when a folder was made; 0: the file system doesn't say.
std::int64_t birth_of(int root, const std::string& below) {
    const Result<Spot> spot = Spot::find(root, below);
    struct statx st{};
    if (!spot || ::statx(spot->folder(), spot->name(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &st) != 0 ||
        (st.stx_mask & STATX_BTIME) == 0)
        return 0;
    return st.stx_btime.tv_sec * 1'000'000'000 + st.stx_btime.tv_nsec;
}

/// What concerns the whole account.
class AccountRun {
  public:
    AccountRun(RepairRun& run, int root) : run_(run), root_(root) {}

    Result<> go(const std::optional<MailboxName>& only);

  private:
    Result<std::vector<Place>> places() const;
    void count_files(const std::vector<Place>& places);
    void look_at_index();
    void look_at_mailboxes(const std::vector<Place>& places);
    void look_at_siblings(const std::vector<Place>& places, const MailboxName& only);
    void look_for_double_guids(const std::optional<MailboxName>& only);
    void look_for_links();
    void note_unserved();
    void look_at_subscriptions(const std::vector<Place>& places);
    Result<std::string> rewrite_subscriptions(const Aside& aside) const;

    RepairRun& run_;
    int root_;
    std::map<std::string, std::vector<Place>> by_guid_;
};

Result<std::vector<Place>> AccountRun::places() const {
    const Layout& layout = run_.store().settings().layout;
    Result<std::vector<MailboxName>> names = find_mailboxes(root_, layout);
    if (!names) return fail(names.error());
    std::vector<Place> found;
    for (MailboxName& name : *names) {
        Result<std::string> below = layout.folder(name);
        if (below) found.push_back({std::move(name), std::move(*below)});
    }
    std::ranges::sort(found, std::less<>());
    return found;
}

void AccountRun::count_files(const std::vector<Place>& places) {
    for (const Place& place : places)
        for (const char* part : {"new", "cur"}) {
            const std::string below = place.below.empty() ? part : place.below + "/" + part;
            const Result<UniqueFd> folder = open_in(root_, below, O_RDONLY | O_DIRECTORY);
            const auto names = folder ? names_in(folder->get()) : fail(folder.error());
            if (names) run_.expect_files(names->size());
        }
}

Result<> AccountRun::go(const std::optional<MailboxName>& only) {
    look_at_index();
    // Finishes a RENAME that was cut off, before folders are listed. An account without INBOX can't be opened yet.
    if (run_.mends()) static_cast<void>(run_.account());
    const Result<std::vector<Place>> all = places();
    if (!all) return fail(all.error());
    std::vector<Place> chosen = *all;
    if (only) std::erase_if(chosen, [&](const Place& place) { return place.name != *only; });
    if (chosen.empty()) return fail(ErrorCode::not_found, "Mailbox doesn't exist");
    count_files(chosen);
    look_at_mailboxes(chosen);
    if (only) look_at_siblings(*all, *only);
    look_for_double_guids(only);
    if (only) return {};
    look_at_subscriptions(*all);
    look_for_links();
    note_unserved();
    return {};
}

void AccountRun::look_at_index() {
    const Result<IndexCondition> index = Index::look(run_.store().state().index_place(run_.root()));
    if (!index) return run_.tell({}, FindingKind::unusable, "index", index.error().message());
    run_.set_has_index(index->is_there && index->why_not_believed.empty());
    if (!index->why_not_believed.empty())
        run_.note({}, FindingKind::index_unusable, "index", index->why_not_believed, run_.mends() ? "made anew" : "");
}

void AccountRun::look_at_mailboxes(const std::vector<Place>& places) {
    for (const Place& place : places) {
        MailboxRun mailbox(run_, root_, place.name.text(), place.below);
        mailbox.go();
        if (!mailbox.guid().empty()) by_guid_[mailbox.guid()].push_back(place);
    }
}

/// Whose GUID may be the one mailbox's as well.
void AccountRun::look_at_siblings(const std::vector<Place>& places, const MailboxName& only) {
    for (const Place& place : places) {
        if (place.name == only) continue;
        const std::string below = (place.below.empty() ? "" : place.below + "/") + "dovecot-uidlist";
        const Result<UniqueFd> list = open_in(root_, below, O_RDONLY);
        const auto start = list ? read_uidlist_start(list->get()) : fail(list.error());
        if (start && *start && !(*start)->header.guid.empty()) by_guid_[(*start)->header.guid].push_back(place);
    }
}

void AccountRun::note_unserved() {
    const Result<std::vector<UnservedFolder>> folders = find_unserved(root_, run_.store().settings().layout);
    if (!folders) return;
    for (const UnservedFolder& folder : *folders)
        run_.note({}, FindingKind::not_served, folder.below,
                  "holds a Maildir but is no mailbox: its name isn't one" +
                      (folder.right.empty() ? std::string() : "; " + folder.right + " would be"));
}

void AccountRun::look_for_links() {
    const Result<std::vector<std::string>> links = find_links(root_, run_.store().settings().layout);
    if (!links) return;
    for (const std::string& link : *links)
        run_.note({}, FindingKind::link_not_followed, link, "is a symbolic link: no mailbox, and not followed");
}

void AccountRun::look_for_double_guids(const std::optional<MailboxName>& only) {
    for (auto& [guid, places] : by_guid_) {
        // The oldest folder is the one that was copied.
        std::ranges::sort(places, {}, [&](const Place& place) {
            return std::pair(place.below.empty() ? 0 : birth_of(root_, place.below), place.name);
        });
        for (std::size_t i = 1; i < places.size(); ++i) {
            const std::string name = places[i].name.text();
            if (only && places[i].name != *only) continue;
            Outcome outcome;
            if (run_.mends()) {
                const Result<> begun = MailboxRun(run_, root_, name, places[i].below).begin_anew();
                outcome = begun ? "got a GUID and a UIDVALIDITY of its own" : Result<std::string>(fail(begun.error()));
            }
            run_.tell(name, FindingKind::double_guid, places[i].below,
                      "has the GUID of " + places.front().name.text() + ": " + guid, outcome);
        }
    }
}

void AccountRun::look_at_subscriptions(const std::vector<Place>& places) {
    constexpr const char* file_name = "subscriptions";
    const Aside aside(root_, {});
    const auto mended = [&](auto call) -> Outcome {
        if (!run_.mends()) return std::nullopt;
        return call();
    };
    const Result<struct stat> st = stat_in(root_, file_name);
    if (!st) return;
    if (!S_ISREG(st->st_mode))
        return run_.tell({}, FindingKind::damaged_small_file, file_name, "is not a file", mended([&] {
                             const Result<std::string> moved = aside.move(root_, file_name, "files");
                             return moved ? "moved to " + *moved : moved;
                         }));
    Result<Subscriptions> subscriptions = read_subscriptions(root_, run_.store().settings().layout);
    if (!subscriptions) return run_.tell({}, FindingKind::unusable, file_name, subscriptions.error().message());
    if (subscriptions->is_damaged())
        run_.tell({}, FindingKind::damaged_small_file, file_name, "is too large",
                  mended([&] { return rewrite_subscriptions(aside); }));
    else if (subscriptions->senseless() > 0)
        run_.tell({}, FindingKind::damaged_small_file, file_name,
                  "has " + std::to_string(subscriptions->senseless()) + " lines that tell no mailbox",
                  mended([&] { return rewrite_subscriptions(aside); }));
    for (const MailboxName& name : subscriptions->names())
        if (std::ranges::find(places, name, &Place::name) == places.end() && !run_.is_of_others(name))
            run_.note(name.text(), FindingKind::missing_mailbox, file_name, "is subscribed and doesn't exist");
}

Result<std::string> AccountRun::rewrite_subscriptions(const Aside& aside) const {
    const Result<AccountLock> lock = AccountLock::take(run_.root(), run_.store().settings());
    if (!lock) return fail(lock.error());
    Result<Subscriptions> subscriptions = read_subscriptions(root_, run_.store().settings().layout);
    if (!subscriptions) return fail(subscriptions.error());
    const Result<std::string> kept = aside.keep(root_, "subscriptions");
    if (!kept) return kept;
    subscriptions->drop_senseless();
    if (Result<> written = replace_file(root_, subscriptions_file, subscriptions->text()); !written)
        return fail(written.error());
    return "written anew; what it was is " + *kept;
}

}  // namespace

RepairRun::RepairRun(Store& store, AccountName name, const RepairOptions& options, RepairListener& listener)
    : store_(store),
      name_(std::move(name)),
      root_(store.state().root_of(name_)),
      options_(options),
      listener_(listener) {}

Result<std::shared_ptr<Account>> RepairRun::account() {
    if (account_) return account_;
    Result<std::shared_ptr<Account>> opened = store_.open(name_, IfMissing::fail);
    if (opened) account_ = *opened;
    return opened;
}

void RepairRun::tell(const std::string& mailbox, FindingKind kind, std::string subject, std::string found,
                     const Outcome& outcome) {
    listener_.found({.mailbox = mailbox,
                     .kind = kind,
                     .subject = std::move(subject),
                     .found = std::move(found),
                     .done = !outcome   ? std::string()
                             : *outcome ? **outcome
                                        : "failed: " + outcome->error().message(),
                     .is_mended = outcome && *outcome,
                     .is_note = false});
}

void RepairRun::note(const std::string& mailbox, FindingKind kind, std::string subject, std::string found,
                     std::string done) {
    listener_.found({.mailbox = mailbox,
                     .kind = kind,
                     .subject = std::move(subject),
                     .found = std::move(found),
                     .done = std::move(done),
                     .is_mended = false,
                     .is_note = true});
}

void RepairRun::count_file() {
    constexpr std::uint64_t often = 64;
    if (++done_ % often == 0 || done_ == total_) listener_.progress(done_, std::max(done_, total_));
}

Result<> repair_account(Store& store, const AccountName& account, const RepairOptions& options,
                        RepairListener& listener) {
    RepairRun run(store, account, options, listener);
    // Who can't come in finds nothing else.
    for (const auto& [folder, shown] :
         {std::pair(store.settings().mail_root + "/" + account.domain(), account.domain()),
          std::pair(run.root(), account.domain() + "/" + account.local_part())}) {
        const std::optional<std::string> problem = access_problem(AT_FDCWD, folder, folder);
        if (!problem || (shown == account.domain() && ::faccessat(AT_FDCWD, folder.c_str(), X_OK, AT_EACCESS) == 0))
            continue;
        run.tell({}, FindingKind::no_access, shown, *problem);
        if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0) return {};
    }
    const Result<UniqueFd> root = open_file(run.root(), O_RDONLY | O_DIRECTORY);
    if (!root && root.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, "User has no mail", run.root());
    if (!root) return fail(root.error());
    return AccountRun(run, root->get()).go(options.only);
}

}  // namespace posthouse::storage
