// posthouse mailbox reindex
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/mailbox_commands.h"
#include "cli/mailbox_targets.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "storage/repair/reindex.h"

namespace posthouse::cli {
namespace {

struct Options {
    MailboxTargets targets;
    bool summaries = false;
};

class Listener : public storage::RepairListener {
  public:
    Listener(Context& context, const std::string& account) : progress_(context, "indexing " + account) {}
    void found(const storage::Finding& finding) override { problems.push_back(finding); }
    void progress(std::uint64_t done, std::uint64_t total) override { progress_.update(done, total); }
    std::vector<storage::Finding> problems;

  private:
    Progress progress_;
};

Exit reindex(Context& context, const Options& options) {
    nlohmann::json rows = nlohmann::json::array();
    const Exit exit = for_each_account(
        context, options.targets, [&](storage::Store& store, const storage::AccountName& account, Standing) {
            std::optional<Listener> listener(std::in_place, context, account.text());
            const auto made = storage::reindex_account(store, account, options.summaries, *listener);
            const std::vector<storage::Finding> problems = std::move(listener->problems);
            listener.reset();
            if (!made) return report(context, made.error());
            nlohmann::json failures = nlohmann::json::array();
            for (const storage::Finding& problem : problems) {
                failures.push_back(
                    {{"mailbox", problem.mailbox}, {"subject", problem.subject}, {"error", problem.found}});
                if (!context.json)
                    context.err << "posthouse: "
                                << printable(account.text() + " " + problem.mailbox + " " + problem.subject + ": " +
                                             problem.found)
                                << '\n';
            }
            rows.push_back({{"account", account.text()},
                            {"mailboxes", made->mailboxes},
                            {"messages", made->messages},
                            {"failures", std::move(failures)}});
            if (!context.json)
                context.out << printable(account.text()) << ": " << with_commas(made->messages) << " messages in "
                            << made->mailboxes << " mailboxes indexed.\n";
            return problems.empty() ? Exit::ok : Exit::failure;
        });
    if (context.json && !rows.empty()) print_json(context, rows);
    return exit;
}

}  // namespace

void add_mailbox_reindex_command(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    Command* command = add_command(
        group, context, "reindex", "Throw an account's index away and make it anew from the mail",
        "mailbox reindex joe@example.org --summaries", [&context, options] { return reindex(context, *options); });
    command->note =
        "Nothing is lost and sessions go on. Usually there is no need: an index that is damaged is made anew by "
        "itself.";
    add_target_options(*command, options->targets, OneMailbox::no);
    command->add_flag("--summaries", options->summaries,
                      "Read every message too, so that clients' first look at it is as fast as later ones");
}

}  // namespace posthouse::cli
