// posthouse mailbox list
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

using storage::ListedMailbox;

/// A mailbox's row; damage of one hides no other.
struct Row {
    std::string account;
    Standing standing{};
    ListedMailbox listed;
    storage::Status status;
    std::string guid;
    std::optional<Error> error;
};

nlohmann::json to_json(const Row& row) {
    nlohmann::json document = {
        {"account", row.account},      {"user", is_user(row.standing)},         {"mailbox", row.listed.name.text()},
        {"exists", row.listed.exists}, {"special_use", row.listed.special_use}, {"subscribed", row.listed.subscribed}};
    if (row.error) {
        document["error"] = row.error->message();
    } else if (row.listed.exists) {
        document["messages"] = row.status.messages;
        document["unseen"] = row.status.unseen;
        document["bytes"] = row.status.bytes;
        document["guid"] = row.guid;
        document["uid_validity"] = row.status.uid_validity.value();
    }
    return document;
}

void print(Context& context, const std::vector<Row>& rows, bool with_account) {
    std::vector<std::string> heading{"MAILBOX",     "MESSAGES",   "UNSEEN",      "SIZE",
                                     "SPECIAL USE", "SUBSCRIBED", "UIDVALIDITY", "GUID"};
    if (with_account) heading.insert(heading.begin(), "ACCOUNT");
    Table table(heading);
    for (const Row& row : rows) {
        std::vector<std::string> cells{row.listed.name.text()};
        if (row.error)
            cells.insert(cells.end(), {"?", "?", "?"});
        else if (!row.listed.exists)
            cells.insert(cells.end(), {"-", "-", "-"});
        else
            cells.insert(cells.end(), {with_commas(row.status.messages), with_commas(row.status.unseen),
                                       format_size(row.status.bytes)});
        cells.push_back(row.listed.special_use.empty() ? "-" : row.listed.special_use);
        cells.emplace_back(row.listed.subscribed ? "yes" : "no");
        const bool is_known = !row.error && row.listed.exists;
        cells.push_back(is_known ? std::to_string(row.status.uid_validity.value()) : "-");
        cells.push_back(row.error ? "-" : is_known ? row.guid : "doesn't exist");
        if (with_account) cells.insert(cells.begin(), row.account + mark_of(row.standing));
        table.add(cells);
    }
    table.print_or("No mailboxes.", context.out);
    for (const Row& row : rows)
        if (row.error)
            context.err << "posthouse: "
                        << printable(row.account + " " + row.listed.name.text() + ": " + row.error->message()) << '\n';
}

void look(const storage::Account& account, Row& row) {
    const Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(row.listed.name);
    const Result<storage::Status> status = mailbox ? (*mailbox)->status() : fail(mailbox.error());
    if (status) row.status = *status;
    if (status) row.guid = (*mailbox)->guid();
    if (!status) row.error = status.error();
}

Exit list(Context& context, const MailboxTargets& targets) {
    std::vector<Row> rows;
    const Exit exit = for_each_account(context, targets,
                                       [&](storage::Store& store, const storage::AccountName& name, Standing standing) {
                                           const auto account = store.open(name, storage::IfMissing::fail);
                                           const auto listed = account ? (*account)->list() : fail(account.error());
                                           if (!listed)
                                               return report_no_account(context, store, name, standing, listed.error());
                                           Exit worst = Exit::ok;
                                           for (const ListedMailbox& mailbox : *listed) {
                                               Row row{.account = name.text(),
                                                       .standing = standing,
                                                       .listed = mailbox,
                                                       .status = {},
                                                       .guid = {},
                                                       .error = {}};
                                               if (mailbox.exists) look(**account, row);
                                               if (row.error) worst = Exit::failure;
                                               rows.push_back(std::move(row));
                                           }
                                           return worst;
                                       });
    if (rows.empty() && exit != Exit::ok) return exit;
    if (context.json) {
        nlohmann::json document = nlohmann::json::array();
        for (const Row& row : rows) document.push_back(to_json(row));
        print_json(context, document);
    } else {
        print(context, rows, !targets.is_one_account());
    }
    return exit;
}

}  // namespace

void add_mailbox_list_command(CLI::App& group, Context& context) {
    auto targets = std::make_shared<MailboxTargets>();
    CLI::App* command = add_command(group, context, "list", "List mailboxes with their messages and identity",
                                    "mailbox list joe@example.org\n"
                                    "mailbox list --all --json",
                                    [&context, targets] { return list(context, *targets); });
    add_target_options(*command, *targets, OneMailbox::no);
}

}  // namespace posthouse::cli
