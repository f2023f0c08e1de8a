// posthouse mailbox status
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/mailbox_commands.h"
#include "cli/mailbox_targets.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "storage/account.h"
#include "storage/mailbox.h"

namespace posthouse::cli {
namespace {

/// What is told of a mailbox, in this order.
nlohmann::ordered_json to_json(const std::string& account, const std::string& name, const storage::Mailbox& mailbox,
                               const storage::Status& status) {
    return {{"account", account},
            {"mailbox", name},
            {"messages", status.messages},
            {"unseen", status.unseen},
            {"recent", status.recent},
            {"deleted", status.deleted},
            {"bytes", status.bytes},
            {"uid_validity", status.uid_validity.value()},
            {"uid_next", status.uid_next.value()},
            {"highest_modseq", status.highest_modseq.value()},
            {"guid", mailbox.guid()},
            {"keywords", mailbox.keywords()}};
}

std::string cell(const nlohmann::ordered_json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return value.dump();
    std::string words;
    for (const auto& word : value) words += (words.empty() ? "" : " ") + word.get<std::string>();
    return words.empty() ? "-" : words;
}

Exit status(Context& context, const MailboxTargets& targets) {
    const Result<std::optional<storage::MailboxName>> wanted = mailbox_of(context, targets);
    if (!wanted) return report(context, wanted.error());
    const storage::MailboxName name = wanted->value_or(storage::MailboxName());
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    const Exit exit = for_each_account(
        context, targets, [&](storage::Store& store, const storage::AccountName& account_name, Standing standing) {
            const auto account = store.open(account_name, storage::IfMissing::fail);
            const auto mailbox = account ? (*account)->open(name) : fail(account.error());
            const auto counts = mailbox ? (*mailbox)->status() : fail(mailbox.error());
            if (!account) return report_no_account(context, store, account_name, standing, account.error());
            if (!counts) return report(context, counts.error());
            all.push_back(to_json(account_name.text(), name.text(), **mailbox, *counts));
            return Exit::ok;
        });
    if (all.empty()) return exit;
    if (context.json) {
        print_ordered_json(context, targets.is_one_account() ? all.front() : all);
        return exit;
    }
    for (const auto& one : all) {
        Table table({"FIELD", "VALUE"});
        for (const auto& [key, value] : one.items()) table.add({key, cell(value)});
        table.print(context.out);
        if (&one != &all.back()) context.out << '\n';
    }
    return exit;
}

}  // namespace

void add_mailbox_status_command(CLI::App& group, Context& context) {
    auto targets = std::make_shared<MailboxTargets>();
    CLI::App* command = add_command(group, context, "status", "Show the counts of one mailbox, of one user or of each",
                                    "mailbox status joe@example.org Work/Open",
                                    [&context, targets] { return status(context, *targets); });
    add_target_options(*command, *targets, OneMailbox::inbox_by_default);
}

}  // namespace posthouse::cli
