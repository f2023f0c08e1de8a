// Rows and content: what memory knows, and what needs a look at the message's file the first time.
#include <fcntl.h>
#include <sys/stat.h>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/ascii.h"
#include "storage/mailbox_each.h"
#include "storage/mailbox_state.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

/// EMAILID: the same for all copies of a message, for it is made of the GUID that copies keep.
std::string email_id_of(std::string_view guid) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(guid.data()), guid.size());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id = "M";
    for (std::size_t i = 0; i < 16; ++i) {
        id += digits[digest[i] >> 4];
        id += digits[digest[i] & 15];
    }
    return id;
}

/// A size told by the file's name, else by its line in dovecot-uidlist.
std::optional<std::uint64_t> told_size(const Record& record, char key) {
    const auto in_name = size_in_name(record.base(), key);
    if (in_name) return in_name;
    const auto in_line = extra_in(record.extras, key);
    return in_line ? ascii::parse_number(*in_line) : std::nullopt;
}

/// What a look at a message's file tells.
struct Details {
    std::uint32_t uid = 0;
    std::string file;
    bool fresh = false;
    bool wants_wire = false;
    std::int64_t internal_date = Record::unknown;
    std::int64_t changed = Record::unknown;
    std::int64_t physical_size = Record::unknown;
    std::int64_t wire_size = Record::unknown;
};

Result<> look_at(int folder, Details& details) {
    struct stat st{};
    if (::fstatat(folder, details.file.c_str(), &st, 0) != 0) return fail_errno("stat message", errno);
    details.internal_date = st.st_mtim.tv_sec;
    details.changed = st.st_ctim.tv_sec;
    details.physical_size = st.st_size;
    if (!details.wants_wire) return {};
    const Result<UniqueFd> file = open_in(folder, details.file, O_RDONLY);
    if (!file) return fail(file.error());
    const Result<std::uint64_t> added = count_bare_lf(file->get());
    if (!added) return fail(added.error());
    details.wire_size = st.st_size + static_cast<std::int64_t>(*added);
    return {};
}

}  // namespace

Result<std::vector<MessageRow>> MailboxState::rows(const UidSet& uids, const Columns& columns) {
    std::vector<MessageRow> rows;
    std::unique_lock guard(mutex_);
    if (deleted_) return fail(ErrorCode::not_found, "Mailbox was deleted");
    const std::vector<std::uint32_t> todo = existing(uids);
    rows.reserve(todo.size());
    for (std::size_t next = 0; next < todo.size(); next += piece_size) {
        const auto piece = std::span(todo).subspan(next, std::min(piece_size, todo.size() - next));
        guard.unlock();
        if (Result<> loaded = load_details(piece, columns, true); !loaded) return fail(loaded.error());
        guard.lock();
        for (const std::uint32_t uid : piece)
            if (const Record* record = find(uid)) rows.push_back(row_of(*record, columns));
    }
    return rows;
}

MessageRow MailboxState::row_of(const Record& record, const Columns& columns) const {
    const auto known = [](std::int64_t value) { return value == Record::unknown ? 0 : value; };
    MessageRow row;
    row.uid = Uid(record.uid);
    row.flags = flags_of_record(record);
    if (columns.internal_date) row.internal_date = Time(std::chrono::seconds(known(record.internal_date)));
    if (columns.physical_size) row.physical_size = static_cast<std::uint64_t>(known(record.physical_size));
    if (columns.wire_size) row.wire_size = static_cast<std::uint64_t>(known(record.wire_size));
    if (columns.save_date) row.save_date = Time(std::chrono::seconds(known(record.first_seen)));
    if (columns.email_id) row.email_id = email_id_of(guid_of(record));
    return row;
}

Result<> MailboxState::load_details(std::span<const std::uint32_t> uids, const Columns& columns, bool again) {
    std::vector<Details> wanted;
    {
        const std::scoped_lock guard(mutex_);
        for (const std::uint32_t uid : uids) {
            Record* record = find(uid);
            if (record == nullptr) continue;
            const auto take_told = [&](bool wants, std::int64_t& size, char key) {
                if (!wants || size != Record::unknown) return;
                if (const auto told = told_size(*record, key)) size = static_cast<std::int64_t>(*told);
            };
            take_told(columns.physical_size, record->physical_size, 'S');
            take_told(columns.wire_size, record->wire_size, 'W');
            if (columns.save_date && record->first_seen == Record::unknown) {
                const auto saved = extra_in(record->extras, 'D');
                const auto seconds = saved ? ascii::parse_number(*saved) : std::nullopt;
                if (seconds && *seconds < 1ull << 40) record->first_seen = static_cast<std::int64_t>(*seconds);
            }
            const bool wants_wire = columns.wire_size && record->wire_size == Record::unknown;
            if (wants_wire || (columns.internal_date && record->internal_date == Record::unknown) ||
                (columns.physical_size && record->physical_size == Record::unknown) ||
                (columns.save_date && record->first_seen == Record::unknown))
                wanted.push_back({.uid = uid, .file = record->file, .fresh = record->fresh, .wants_wire = wants_wire});
        }
    }
    std::vector<std::uint32_t> moved;
    for (Details& details : wanted) {
        const Result<> looked = look_at(folder_of(details.fresh), details);
        if (!looked && looked.error().code != ErrorCode::not_found) return looked;
        if (!looked) moved.push_back(details.uid);
    }
    std::unique_lock guard(mutex_);
    for (const Details& details : wanted) {
        Record* record = find(details.uid);
        if (record == nullptr || details.internal_date == Record::unknown) continue;
        record->internal_date = details.internal_date;
        if (record->first_seen == Record::unknown) record->first_seen = details.changed;
        if (record->physical_size == Record::unknown) record->physical_size = details.physical_size;
        if (details.wire_size != Record::unknown) record->wire_size = details.wire_size;
    }
    if (moved.empty() || !again) return {};
    // Renamed meanwhile, or gone: the folder tells; then once more for those that are still there.
    if (Result<> synchronised = synchronise_locked(false, true); !synchronised) return synchronised;
    guard.unlock();
    return load_details(moved, columns, false);
}

Result<MessageContent> MailboxState::open_message(Uid uid) {
    UniqueFd file;
    std::optional<std::uint64_t> told_physical;
    std::optional<std::uint64_t> wire;
    for (bool again = true; !file; again = false) {
        const std::scoped_lock guard(mutex_);
        if (!again)
            if (Result<> synchronised = synchronise_locked(false, true); !synchronised)
                return fail(synchronised.error());
        const Record* record = find(uid.value());
        if (record == nullptr) return fail(ErrorCode::not_found, "Message is gone");
        Result<UniqueFd> opened = open_in(folder_of(record->fresh), record->file, O_RDONLY);
        if (!opened && (opened.error().code != ErrorCode::not_found || !again)) return fail(opened.error());
        if (!opened) continue;
        file = std::move(*opened);
        told_physical = told_size(*record, 'S');
        wire = told_size(*record, 'W');
        if (!wire && record->wire_size != Record::unknown) wire = static_cast<std::uint64_t>(record->wire_size);
        if (!told_physical && record->physical_size != Record::unknown)
            told_physical = static_cast<std::uint64_t>(record->physical_size);
    }
    struct stat st{};
    if (::fstat(file.get(), &st) != 0) return fail_errno("stat message", errno);
    const auto size = static_cast<std::uint64_t>(st.st_size);
    // The name is believed as long as it is right about the file's size.
    if (!wire || told_physical != size || *wire < size) {
        const Result<std::uint64_t> added = count_bare_lf(file.get());
        if (!added) return fail(added.error());
        wire = size + *added;
        const std::scoped_lock guard(mutex_);
        if (Record* record = find(uid.value())) {
            record->physical_size = static_cast<std::int64_t>(size);
            record->wire_size = static_cast<std::int64_t>(*wire);
        }
    }
    return MessageContent(std::move(file), size, *wire);
}

}  // namespace posthouse::storage
