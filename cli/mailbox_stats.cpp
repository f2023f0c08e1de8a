// posthouse mailbox stats
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/mailbox_commands.h"
#include "cli/mailbox_targets.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "storage/account.h"
#include "storage/index/index.h"
#include "storage/store_state.h"

namespace posthouse::cli {
namespace {

/// So many of the biggest mailboxes are shown.
constexpr std::size_t shown_biggest = 5;

struct Sums {
    std::uint64_t mailboxes = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t deleted = 0;
    std::uint64_t index_bytes = 0;

    Sums& operator+=(const Sums& other) {
        mailboxes += other.mailboxes;
        messages += other.messages;
        bytes += other.bytes;
        deleted += other.deleted;
        index_bytes += other.index_bytes;
        return *this;
    }
    nlohmann::json json() const {
        return {{"mailboxes", mailboxes},
                {"messages", messages},
                {"bytes", bytes},
                {"deleted", deleted},
                {"index_bytes", index_bytes}};
    }
    std::vector<std::string> cells(const std::string& name) const {
        return {name,
                with_commas(mailboxes),
                with_commas(messages),
                format_size(bytes),
                with_commas(deleted),
                format_size(index_bytes)};
    }
};

struct AccountSums {
    std::string name;
    Standing standing{};
    Sums sums;
};

struct Mailbox {
    std::string account;
    std::string name;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
};

/// Keeps the biggest ones, in order.
void add_biggest(std::vector<Mailbox>& biggest, Mailbox mailbox) {
    const auto place = std::ranges::find_if(biggest, [&](const Mailbox& one) { return one.bytes < mailbox.bytes; });
    biggest.insert(place, std::move(mailbox));
    if (biggest.size() > shown_biggest) biggest.pop_back();
}

Exit stats(Context& context, const MailboxTargets& targets) {
    std::vector<AccountSums> accounts;
    std::vector<Mailbox> biggest;
    Sums total;
    const Exit exit = for_each_account(
        context, targets, [&](storage::Store& store, const storage::AccountName& name, Standing standing) {
            const auto account = store.open(name, storage::IfMissing::fail);
            const auto listed = account ? (*account)->list() : fail(account.error());
            if (!listed) return report_no_account(context, store, name, standing, listed.error());
            Sums sums;
            Exit worst = Exit::ok;
            for (const storage::ListedMailbox& mailbox : *listed) {
                if (!mailbox.exists) continue;
                const Result<storage::Status> status = (*account)->status(mailbox.name);
                if (!status) {
                    context.err << "posthouse: "
                                << printable(name.text() + " " + mailbox.name.text() + ": " + status.error().message())
                                << '\n';
                    worst = Exit::failure;
                    continue;
                }
                sums += {.mailboxes = 1,
                         .messages = status->messages,
                         .bytes = status->bytes,
                         .deleted = status->deleted,
                         .index_bytes = 0};
                add_biggest(biggest, {name.text(), mailbox.name.text(), status->messages, status->bytes});
            }
            const auto index = storage::Index::look(store.state().index_place((*account)->root()));
            if (index) sums.index_bytes = index->bytes;
            total += sums;
            accounts.push_back({name.text(), standing, sums});
            return worst;
        });
    if (accounts.empty() && exit != Exit::ok) return exit;
    std::ranges::sort(accounts, [](const AccountSums& one, const AccountSums& other) {
        return one.sums.bytes != other.sums.bytes ? one.sums.bytes > other.sums.bytes : one.name < other.name;
    });
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const AccountSums& account : accounts) {
            nlohmann::json row = account.sums.json();
            row["account"] = account.name;
            row["user"] = is_user(account.standing);
            rows.push_back(std::move(row));
        }
        nlohmann::json top = nlohmann::json::array();
        for (const Mailbox& mailbox : biggest)
            top.push_back({{"account", mailbox.account},
                           {"mailbox", mailbox.name},
                           {"messages", mailbox.messages},
                           {"bytes", mailbox.bytes}});
        print_json(context, {{"accounts", rows}, {"total", total.json()}, {"biggest", top}});
        return exit;
    }
    Table table({"ACCOUNT", "MAILBOXES", "MESSAGES", "SIZE", "DELETED", "INDEX"});
    for (const AccountSums& account : accounts) table.add(account.sums.cells(account.name + mark_of(account.standing)));
    if (accounts.size() != 1) table.add(total.cells("total"));
    table.print(context.out);
    context.out << '\n';
    Table top({"BIGGEST MAILBOXES", "ACCOUNT", "MESSAGES", "SIZE"});
    for (const Mailbox& mailbox : biggest)
        top.add({mailbox.name, mailbox.account, with_commas(mailbox.messages), format_size(mailbox.bytes)});
    top.print(context.out);
    return exit;
}

}  // namespace

void add_mailbox_stats_command(CLI::App& group, Context& context) {
    auto targets = std::make_shared<MailboxTargets>();
    CLI::App* command =
        add_command(group, context, "stats", "Sum up messages, sizes and what waits to be expunged",
                    "mailbox stats --domain example.org", [&context, targets] { return stats(context, *targets); });
    add_target_options(*command, *targets, OneMailbox::no);
}

}  // namespace posthouse::cli
