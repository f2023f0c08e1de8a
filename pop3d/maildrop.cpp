// The maildrop: numbering and marks of one POP3 session, and its UPDATE state.
#include "pop3d/maildrop.h"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>

#include "lib/base/log.h"
#include "storage/account.h"
#include "storage/view.h"

namespace posthouse::pop3d {

Maildrop::Maildrop(std::shared_ptr<storage::Mailbox> mailbox, std::vector<Message> messages)
    : mailbox_(std::move(mailbox)), messages_(std::move(messages)), count_(messages_.size()) {
    for (const Message& message : messages_) octets_ += message.octets;
}

Result<Maildrop> Maildrop::open(storage::Store& store, const storage::AccountName& account) {
    const Result<std::shared_ptr<storage::Account>> opened = store.open(account);
    if (!opened) return fail(opened.error());
    Result<std::shared_ptr<storage::Mailbox>> inbox = (*opened)->open(storage::MailboxName());
    if (!inbox) return fail(inbox.error());
    const Result<storage::View> view = storage::View::open(*inbox, storage::Access::read_write);
    if (!view) return fail(view.error());
    const Result<std::vector<storage::MessageRow>> rows =
        (*inbox)->rows(view->uids().set(), {.wire_size = true, .unique_id = true});
    if (!rows) return fail(rows.error());
    std::vector<Message> messages;
    messages.reserve(rows->size());
    std::unordered_set<std::string> told;
    for (const storage::MessageRow& row : *rows) {
        const bool is_told = !row.unique_id.empty() && told.insert(row.unique_id).second;
        messages.push_back(
            {.uid = row.uid, .octets = row.wire_size, .unique_id = is_told ? row.unique_id : std::string()});
    }
    return Maildrop(std::move(*inbox), std::move(messages));
}

const Message* Maildrop::find(pop3::MessageNumber number) const {
    if (number == 0 || number > messages_.size()) return nullptr;
    const Message& message = messages_[number - 1];
    return message.deleted ? nullptr : &message;
}

void Maildrop::mark_deleted(pop3::MessageNumber number) {
    Message& message = messages_[number - 1];
    message.deleted = true;
    --count_;
    octets_ -= message.octets;
}

void Maildrop::mark_retrieved(pop3::MessageNumber number) { messages_[number - 1].retrieved = true; }

void Maildrop::unmark_deleted() {
    for (Message& message : messages_)
        if (std::exchange(message.deleted, false)) octets_ += message.octets;
    count_ = messages_.size();
}

std::string Maildrop::unique_id(const Message& message) const {
    if (!message.unique_id.empty()) return message.unique_id;
    return fmt::format("{:08x}{:08x}", message.uid.value(), mailbox_->uid_validity().value());
}

Result<> Maildrop::update() {
    storage::UidSet deleted;
    storage::UidSet retrieved;
    for (const Message& message : messages_) {
        if (message.deleted)
            deleted.add(message.uid);
        else if (message.retrieved)
            retrieved.add(message.uid);
    }
    if (!deleted.empty()) {
        const Result<std::vector<storage::Uid>> removed = mailbox_->expunge(deleted, storage::ExpungeRule::all_given);
        if (!removed) return fail(removed.error());
    }
    if (!retrieved.empty()) {
        const auto seen = mailbox_->store_flags(
            retrieved,
            {.action = storage::FlagAction::add, .flags = {.system = {storage::Flag::seen}, .keywords = {}}});
        if (!seen) log::warning("cannot mark retrieved messages as seen", {{"error", seen.error().message()}});
    }
    return {};
}

}  // namespace posthouse::pop3d
