// Rows first, which is quick and what sessions wait for; then the messages are read.
#include "storage/repair/reindex.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/account.h"
#include "storage/index/index.h"
#include "storage/mailbox.h"
#include "storage/store_state.h"

namespace posthouse::storage {
namespace {

struct Opened {
    std::string name;
    std::shared_ptr<Mailbox> mailbox;
    std::vector<MessageRow> rows;
};

void tell(RepairListener& listener, FindingKind kind, const std::string& mailbox, std::string subject,
          const Error& error) {
    listener.found({.mailbox = mailbox,
                    .kind = kind,
                    .subject = std::move(subject),
                    .found = error.message(),
                    .done = {},
                    .is_mended = false,
                    .is_note = false});
}

void summarise(const std::vector<Opened>& mailboxes, std::uint64_t total, RepairListener& listener) {
    std::uint64_t done = 0;
    for (const Opened& opened : mailboxes)
        for (const MessageRow& row : opened.rows) {
            const Result<MessageSummary> made = opened.mailbox->summary(row.uid, SummaryParts::both);
            if (!made && made.error().code != ErrorCode::not_found)
                tell(listener, FindingKind::unreadable, opened.name, "UID " + std::to_string(row.uid.value()),
                     made.error());
            listener.progress(++done, total);
        }
}

}  // namespace

Result<Reindexed> reindex_account(Store& store, const AccountName& name, bool summaries, RepairListener& listener) {
    const Result<std::shared_ptr<Account>> account = store.open(name, IfMissing::fail);
    if (!account) return fail(account.error());
    const Result<std::vector<ListedMailbox>> listed = (*account)->list();
    if (!listed) return fail(listed.error());
    if (Result<> removed = Index::remove(store.state().index_place((*account)->root())); !removed)
        return fail(removed.error());
    Reindexed made;
    std::vector<Opened> mailboxes;
    for (const ListedMailbox& mailbox : *listed) {
        if (!mailbox.exists) continue;
        Opened opened{.name = mailbox.name.text(), .mailbox = {}, .rows = {}};
        Result<std::shared_ptr<Mailbox>> open = (*account)->open(mailbox.name);
        Result<std::vector<MessageRow>> rows = open ? (*open)->rows(UidSet::all()) : fail(open.error());
        if (!rows) {
            tell(listener, FindingKind::unusable, opened.name, {}, rows.error());
            continue;
        }
        ++made.mailboxes;
        made.messages += rows->size();
        opened.mailbox = std::move(*open);
        opened.rows = std::move(*rows);
        if (summaries) mailboxes.push_back(std::move(opened));
    }
    summarise(mailboxes, made.messages, listener);
    return made;
}

}  // namespace posthouse::storage
