// Keywords of a mailbox: letters and numbers given to names, and the further keywords of messages kept in their file.
#include <algorithm>
#include <utility>

#include "lib/base/log.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {

KeywordNumbers MailboxState::numbers_of(const Keywords& keywords) const {
    KeywordNumbers numbers;
    for (const std::string& name : keywords.names()) {
        const auto letter = letters_.find(name);
        // Dovecot may have given a letter to what had a number already: then both stand for it.
        const auto number = names_->find(name);
        if (letter) numbers.letters |= 1u << *letter;
        if (number) numbers.further.push_back(*number);
        if (!letter && !number) numbers.unknown.push_back(name);
    }
    std::ranges::sort(numbers.further);
    return numbers;
}

Result<KeywordNumbers> MailboxState::make_keywords(Work& work, const Keywords& keywords, WhenFull when_full) {
    KeywordNumbers numbers = numbers_of(keywords);
    if (numbers.unknown.empty()) return numbers;
    // Another writer than this project's may have given letters between the synchronisation and the lock.
    const Result<bool> foreign = letters_.reload(*folder_);
    if (!foreign) return fail(foreign.error());
    if (*foreign) keywords_changed();
    std::vector<std::string> names = numbers_of(keywords).unknown;
    const std::uint32_t taken = letters_.room() == 0 ? 0 : work.edit.letters();
    const std::size_t room = letters_.room(taken) + further_.room();
    if (names.size() > room && when_full == WhenFull::fail)
        return fail(ErrorCode::limit, "Too many keywords in this mailbox");
    names.resize(std::min(names.size(), room));
    const std::size_t with_letter = std::min(names.size(), letters_.room(taken));
    if (Result<> named = name_letters(std::span(names).first(with_letter), taken); !named) return fail(named.error());
    if (Result<> named = name_further(work.edit, std::span(names).subspan(with_letter)); !named)
        return fail(named.error());
    return numbers_of(keywords);
}

Result<> MailboxState::name_letters(std::span<const std::string> names, std::uint32_t taken) {
    if (names.empty()) return {};
    Result<> added = letters_.add(*folder_, names, taken);
    keywords_changed();
    if (added) tell_others();
    return added;
}

Result<> MailboxState::name_further(MailboxEdit& edit, std::span<const std::string> names) {
    if (names.empty()) return {};
    const auto defined = further_.define(*folder_, names);
    if (!defined) return fail(defined.error());
    FurtherNames all = *names_;
    for (const KeywordDefinition& definition : *defined) all.define(definition.number, definition.name);
    set_names(std::make_shared<const FurtherNames>(std::move(all)));
    edit.set_names(names_);
    return {};
}

Result<> MailboxState::reload_letters() {
    const Result<bool> changed = letters_.reload(*folder_);
    if (!changed) return fail(changed.error());
    if (*changed) keywords_changed();
    return {};
}

void MailboxState::keywords_changed() { keyword_sets_ = std::make_shared<KeywordSets>(letters_, names_); }

void MailboxState::set_names(std::shared_ptr<const FurtherNames> names) {
    names_ = std::move(names);
    keywords_changed();
}

Result<> MailboxState::take_names(const IndexReader& reader, const MailboxRow& row) {
    if (names_->fingerprint() == row.further_names) return {};
    FurtherNames names = reader.further_names(row.number, row.further_names);
    if (Result<> read = reader.status(); !read) return read;
    set_names(std::make_shared<const FurtherNames>(std::move(names)));
    return {};
}

Result<bool> MailboxState::set_further(Work& work, std::span<const std::uint32_t> uids, const FlagChange& change,
                                       const FurtherSet& given) {
    if (!change.scope.keywords) return false;
    const bool replaces = change.action == FlagAction::replace;
    if (given.empty() && (!replaces || work.edit.row().with_further == 0)) return false;
    std::vector<KeywordAssignment> assignments;
    std::vector<std::uint32_t> changed;
    for (const std::uint32_t uid : uids) {
        const Record* record = work.edit.find(uid);
        if (record == nullptr) continue;
        const FurtherSet& old = record->further;
        FurtherSet now = change.action == FlagAction::remove ? without(old, given) : united(old, given);
        // Numbers without a name stay, as letters without one do.
        if (replaces) now = united(without(old, names_->named()), given);
        if (now == old) continue;
        assignments.push_back({record->file.base, std::move(now)});
        changed.push_back(uid);
    }
    if (Result<> assigned = further_.assign(*folder_, assignments, Durable::in_time); !assigned)
        return fail(assigned.error());
    for (std::size_t i = 0; i < changed.size(); ++i) work.edit.set_further(changed[i], std::move(assignments[i].set));
    if (!changed.empty()) tidy_further(work);
    return !changed.empty();
}

void MailboxState::tidy_further(Work& work) {
    const MailboxRow& row = work.edit.row();
    if (!further_.is_sparse(names_->size() + row.with_further + row.strays)) return;
    const auto all = [](const std::string&, const FurtherSet&) { return true; };
    if (Result<> compacted = further_.compact(*folder_, all); !compacted)
        log::warning("posthouse-keywords can't be rewritten",
                     {{"folder", path_of(folder_->root())}, {"error", compacted.error().message()}});
}

}  // namespace posthouse::storage
