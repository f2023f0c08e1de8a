// The STATUS response from storage's figures.
#include "imapd/status_response.h"

#include "imapd/object_ids.h"

namespace posthouse::imapd {
namespace {

/// What EXPUNGE would give back of the quota: bytes of the files of deleted messages (RFC 9208 §4.1.4).
Result<std::uint64_t> deleted_bytes(const storage::Mailbox& mailbox) {
    const Result<std::vector<storage::MessageRow>> all = mailbox.rows(storage::UidSet::all());
    if (!all) return fail(all.error());
    storage::UidSet deleted;
    for (const storage::MessageRow& row : *all)
        if (row.flags.system.has(storage::Flag::deleted)) deleted.add(row.uid);
    const Result<std::vector<storage::MessageRow>> rows = mailbox.rows(deleted, {.physical_size = true});
    if (!rows) return fail(rows.error());
    std::uint64_t bytes = 0;
    for (const storage::MessageRow& row : *rows) bytes += row.physical_size;
    return bytes;
}

}  // namespace

Result<std::string> status_response(const Place& place, std::string_view wire, imap::StatusItems items,
                                    std::uint64_t append_limit) {
    const Result<std::shared_ptr<storage::Mailbox>> mailbox = place.account->open(place.name);
    if (!mailbox) return fail(mailbox.error());
    const Result<storage::Status> status = (*mailbox)->status_of(place.viewer);
    if (!status) return fail(status.error());
    return status_response(**mailbox, *status, wire, items, append_limit);
}

Result<std::string> status_response(storage::Mailbox& mailbox, const storage::Status& status, std::string_view wire,
                                    imap::StatusItems items, std::uint64_t append_limit) {
    imap::StatusValues values{.messages = status.messages,
                              .recent = status.recent,
                              .uid_next = status.uid_next.value(),
                              .uid_validity = status.uid_validity.value(),
                              .unseen = status.unseen,
                              .highest_modseq = status.highest_modseq.value(),
                              .deleted = status.deleted,
                              .append_limit = append_limit};
    if ((items & imap::kStatusSize) != 0) {
        const Result<std::uint64_t> size = mailbox.wire_size();
        if (!size) return fail(size.error());
        values.size = *size;
    }
    if ((items & imap::kStatusDeletedStorage) != 0 && status.deleted > 0) {
        const Result<std::uint64_t> bytes = deleted_bytes(mailbox);
        if (!bytes) return fail(bytes.error());
        values.deleted_storage = *bytes;
    }
    const std::string id = mailbox_id_of(mailbox.guid());
    values.mailbox_id = id;
    std::string out;
    imap::append_status(out, wire, items, values);
    return out;
}

}  // namespace posthouse::imapd
