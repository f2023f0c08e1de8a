// posthouse mailbox check|repair
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/mailbox_commands.h"
#include "cli/mailbox_targets.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "storage/account.h"
#include "storage/namespaces.h"
#include "storage/repair/repair.h"

namespace posthouse::cli {
namespace {

struct Options {
    MailboxTargets targets;
    bool contents = false;
};

/// Shows what is found, at once to people, at the end to programs.
class Report : public storage::RepairListener {
  public:
    explicit Report(Context& context) : context_(context) {}

    void begin(const std::string& account, const std::string& doing) {
        account_ = account;
        ++accounts_;
        progress_.emplace(context_, doing + " " + account);
    }
    void end() { progress_.reset(); }

    void found(const storage::Finding& finding) override {
        if (finding.is_note)
            ++notes_;
        else if (finding.is_mended)
            ++mended_;
        else
            ++(can_be_mended(finding.kind) ? mendable_ : by_hand_);
        if (context_.json) {
            findings_.push_back({{"account", account_},
                                 {"mailbox", finding.mailbox},
                                 {"kind", storage::to_string(finding.kind)},
                                 {"subject", finding.subject},
                                 {"found", finding.found},
                                 {"done", finding.done},
                                 {"mended", finding.is_mended},
                                 {"mendable", !finding.is_note && can_be_mended(finding.kind)},
                                 {"note", finding.is_note}});
            return;
        }
        progress_->clear();
        std::string line = account_ + " " + (finding.mailbox.empty() ? "(account)" : finding.mailbox) + ": ";
        if (finding.is_note) line += "note: ";
        if (!finding.subject.empty()) line += finding.subject + ' ';
        line += finding.found;
        if (!finding.done.empty()) line += "; " + finding.done;
        context_.out << printable(line) << '\n' << std::flush;
    }
    void progress(std::uint64_t done, std::uint64_t total) override { progress_->update(done, total); }

    std::uint64_t open() const { return mendable_ + by_hand_; }
    void finish(bool mends) {
        if (context_.json)
            return print_json(context_, {{"accounts", accounts_},
                                         {"findings", findings_},
                                         {"mended", mended_},
                                         {"not_mended", open()},
                                         {"notes", notes_}});
        const std::uint64_t all = open() + mended_;
        context_.out << accounts_ << (accounts_ == 1 ? " account: " : " accounts: ");
        if (all == 0)
            context_.out << "nothing wrong was found";
        else if (mends)
            context_.out << all << " found, " << mended_ << " mended";
        else if (by_hand_ == 0)
            context_.out << all << " found; `posthouse mailbox repair` mends";
        else if (mendable_ == 0)
            context_.out << all << " found, which no repair can mend";
        else
            context_.out << all << " found; `posthouse mailbox repair` mends " << mendable_ << " of them";
        if (notes_ > 0) context_.out << (notes_ == 1 ? ", 1 note" : ", " + std::to_string(notes_) + " notes");
        context_.out << ".\n";
    }

  private:
    Context& context_;
    std::string account_;
    std::optional<Progress> progress_;
    nlohmann::json findings_ = nlohmann::json::array();
    std::uint64_t accounts_ = 0;
    std::uint64_t mendable_ = 0;  ///< and not mended
    std::uint64_t by_hand_ = 0;
    std::uint64_t mended_ = 0;
    std::uint64_t notes_ = 0;
};

/// The user sees a mailbox of another account under this name.
bool is_of_others(storage::Store& store, const config::Config::Imapd& config, const storage::AccountName& user,
                  const storage::MailboxName& shown) {
    if (!storage::is_in_namespace(shown, storage::namespaces_of(config))) return false;
    const auto meanings = storage::meanings_of(shown, user.text(), config.shared_accounts);
    return std::ranges::any_of(meanings, [&](const storage::ForeignName& meaning) {
        const auto account = store.open(meaning.account, storage::IfMissing::fail);
        const auto rights =
            account ? (*account)->effective_rights(meaning.mailbox, {user.text()}) : fail(account.error());
        return rights && rights->has(storage::Right::lookup);
    });
}

Exit run(Context& context, const Options& options, bool mends) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<std::optional<storage::MailboxName>> only = mailbox_of(context, options.targets);
    if (!only) return report(context, only.error());
    Report findings(context);
    std::optional<Error> failure;
    const Exit exit = for_each_account(
        context, options.targets, [&](storage::Store& store, const storage::AccountName& account, Standing standing) {
            findings.begin(account.text(), mends ? "repairing" : "checking");
            if (!mark_of(standing).empty())
                findings.found({.mailbox = {},
                                .kind = storage::FindingKind::no_user,
                                .subject = {},
                                .found = "no user has this address; the mail was left behind",
                                .done = {},
                                .is_mended = false,
                                .is_note = true});
            const Result<> ran =
                storage::repair_account(store, account,
                                        {.mends = mends,
                                         .contents = options.contents,
                                         .only = *only,
                                         .is_of_others =
                                             [&](const storage::MailboxName& name) {
                                                 return is_of_others(store, (*config)->imapd, account, name);
                                             }},
                                        findings);
            findings.end();
            return ran ? Exit::ok : report(context, ran.error());
        });
    if (exit != Exit::ok) return exit;
    findings.finish(mends);
    return findings.open() > 0 ? Exit::failure : Exit::ok;
}

}  // namespace

void add_mailbox_repair_commands(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* description, const char* examples, bool mends) {
        Command* command = add_command(group, context, name, description, examples,
                                       [&context, options, mends] { return run(context, *options, mends); });
        add_target_options(*command, options->targets, OneMailbox::may);
        command->add_flag("--contents", options->contents, "Read every message as well; takes as long as a backup");
        return command;
    };
    add("check", "Look for damage and change nothing; exit code 1 when there is any",
        "mailbox check joe@example.org\n"
        "mailbox check --all --contents --json",
        false);
    add("repair", "Mend what check finds, also while the server runs; no message is deleted",
        "mailbox repair joe@example.org\n"
        "mailbox repair joe@example.org Work/Open",
        true)
        ->note =
        "What can't be understood is moved to posthouse-aside/ in the account's folder. Exit code 1: not all was "
        "mended.";
}

}  // namespace posthouse::cli
