// Account: the annotations of its mailboxes and of itself, and special uses, which are kept as one of them.
#include <fcntl.h>

#include <algorithm>
#include <array>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/account.h"
#include "storage/account_log.h"
#include "storage/account_tree.h"
#include "storage/annotation_file.h"
#include "storage/annotation_room.h"
#include "storage/found_folders.h"
#include "storage/special_use.h"
#include "storage/store_state.h"

namespace posthouse::storage {
Result<Annotations> Account::annotations(const std::optional<MailboxName>& name) const {
    const Result<UniqueFd> folder = open_folder(name.value_or(MailboxName()));
    if (!folder) return fail(folder.error());
    return read_annotations(folder->get(), name ? mailbox_annotations : account_annotations);
}

Result<> Account::check_annotations(std::uint64_t size, const AnnotationUser& user) const {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    const std::array<std::string, 2> files{mailbox_annotations, account_annotations};
    return check_annotation_room(root->get(), layout(), files, size,
                                 user ? annotation_room_of_readers : annotation_room);
}

Result<> Account::change_annotation(int folder, const char* file_name, const EntryName& entry,
                                    const AnnotationUser& user, std::optional<std::string> value) const {
    Result<Annotations> annotations = read_annotations(folder, file_name);
    if (!annotations) return fail(annotations.error());
    const bool is_set = value.has_value();
    const Result<bool> changed = annotations->set(entry, user, std::move(value));
    if (!changed) return fail(changed.error());
    if (!*changed) return {};
    if (is_set)
        if (Result<> room = check_annotations(annotations->text().size(), user); !room) return room;
    if (Result<> written = write_annotations(folder, file_name, *annotations); !written) return written;
    // What another user keeps here for himself is nobody else's concern.
    if (!user) {
        const bool of_account = file_name == std::string_view(account_annotations);
        AccountLog(store_, root_)
            .note_annotation(folder, of_account ? AccountEvent::annotated_account : AccountEvent::annotated,
                             entry.text());
    }
    return {};
}

Result<> Account::set_annotation(const std::optional<MailboxName>& name, const EntryName& entry,
                                 const AnnotationUser& user, std::optional<std::string> value) {
    if (name && value && entry == special_use_entry() && !user) return set_special_use(*name, *value);
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    const Result<UniqueFd> folder = open_folder(name.value_or(MailboxName()));
    if (!folder) return fail(folder.error());
    return change_annotation(folder->get(), name ? mailbox_annotations : account_annotations, entry, user,
                             std::move(value));
}

std::string Account::usual_special_use(const MailboxName& name) const {
    for (const DefaultFolder& folder : store_->settings().default_folders)
        if (const Result<MailboxName> usual = MailboxName::parse(folder.name); usual && *usual == name)
            return folder.special_use;
    return {};
}

Result<std::optional<std::string>> Account::kept_special_use(int root, const MailboxName& name) const {
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    const Result<Annotations> annotations =
        read_annotations(root, place->empty() ? mailbox_annotations : *place + "/" + mailbox_annotations);
    if (!annotations) return fail(annotations.error());
    return annotations->find(special_use_entry(), {});
}

Result<> Account::show_special_uses(int root, std::vector<ListedMailbox>& mailboxes) const {
    std::vector<SpecialUse> wishes(mailboxes.size());
    for (std::size_t i = 0; i < mailboxes.size(); ++i) {
        if (!mailboxes[i].exists) continue;
        Result<std::optional<std::string>> kept = kept_special_use(root, mailboxes[i].name);
        if (!kept && kept.error().code == ErrorCode::denied) {
            // One folder that can't be read, restored by another user perhaps, hides none of the others.
            log::warning("a mailbox can't be read",
                         {{"folder", root_}, {"mailbox", mailboxes[i].name.text()}, {"error", kept.error().message()}});
            kept = std::optional<std::string>();
        }
        if (!kept) return fail(kept.error());
        wishes[i] = {std::move(*kept), usual_special_use(mailboxes[i].name)};
    }
    std::vector<std::string> shown = shown_special_uses(wishes);
    for (std::size_t i = 0; i < mailboxes.size(); ++i) mailboxes[i].special_use = std::move(shown[i]);
    return {};
}

Result<> Account::is_free(int root, const std::string& special_use, const MailboxName& but_for) const {
    if (special_use.empty()) return {};
    const Result<std::vector<MailboxName>> names = find_mailboxes(root, layout());
    if (!names) return fail(names.error());
    for (const MailboxName& name : *names) {
        if (name == but_for) continue;
        const Result<std::optional<std::string>> kept = kept_special_use(root, name);
        if (!kept) return fail(kept.error());
        if (*kept == special_use) return fail(ErrorCode::exists, name.text() + " has this special use already");
    }
    return {};
}

Result<> Account::keep_special_use(int root, const MailboxName& from, const MailboxName& to) const {
    const std::string use = usual_special_use(from);
    if (use.empty() || use == usual_special_use(to)) return {};
    const Result<std::optional<std::string>> kept = kept_special_use(root, from);
    if (!kept) return fail(kept.error());
    if (*kept) return {};
    const Result<> free = is_free(root, use, from);
    if (!free) return free.error().code == ErrorCode::exists ? Result<>{} : free;
    const Result<UniqueFd> folder = open_folder(from);
    if (!folder) return fail(folder.error());
    return change_annotation(folder->get(), mailbox_annotations, special_use_entry(), {}, use);
}

Result<> Account::set_special_use(const MailboxName& name, std::string_view special_use) {
    const Result<std::string> use = parse_special_use(special_use);
    if (!use) return fail(use.error());
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    const Result<UniqueFd> folder = open_folder(name);
    if (!folder) return fail(folder.error());
    if (Result<> free = is_free(lock->root(), *use, name); !free) return free;
    // None, where the name stands for one, has to be said.
    const bool says_none = use->empty() && usual_special_use(name).empty();
    return change_annotation(folder->get(), mailbox_annotations, special_use_entry(), {},
                             says_none ? std::nullopt : std::optional(*use));
}

}  // namespace posthouse::storage
