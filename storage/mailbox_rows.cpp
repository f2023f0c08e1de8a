// Rows and content: what the index knows, and what needs a look at the message's file the first time.
#include <fcntl.h>
#include <sys/stat.h>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/log.h"
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

/// P of the message's line, where it can be a unique-id (RFC 1939 §7); else nothing.
std::string_view unique_id_in(std::string_view extras) {
    constexpr std::size_t max_bytes = 70;
    const std::string_view id = extra_in(extras, 'P').value_or("");
    const bool is_one = id.size() <= max_bytes && std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
    return is_one ? id : std::string_view();
}

Result<> look_at(int folder, Record& record, bool wants_wire) {
    struct stat st{};
    const std::string name = record.name();
    if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("stat message", errno);
    FileRow& row = record.file;
    row.internal_date = st.st_mtim.tv_sec;
    if (row.save_date == FileRow::unknown) row.save_date = st.st_ctim.tv_sec;
    if (row.physical_size == FileRow::unknown) row.physical_size = st.st_size;
    if (!wants_wire) return {};
    const Result<MessageFile> file = open_message_file(folder, name);
    if (!file) return fail(file.error());
    const Result<std::uint64_t> added = count_bare_lf(file->fd.get());
    if (!added) return fail(added.error());
    row.wire_size = st.st_size + static_cast<std::int64_t>(*added);
    return {};
}

bool lacks(const FileRow& file, const Columns& columns) {
    return (columns.internal_date && file.internal_date == FileRow::unknown) ||
           (columns.physical_size && file.physical_size == FileRow::unknown) ||
           (columns.wire_size && file.wire_size == FileRow::unknown) ||
           (columns.save_date && file.save_date == FileRow::unknown);
}

bool needs_file(const Columns& columns) {
    return columns.internal_date || columns.physical_size || columns.wire_size || columns.save_date ||
           columns.email_id || columns.unique_id || columns.file;
}

MessageRow row_of(const Record& record, Flags flags, const Columns& columns) {
    const auto known = [](std::int64_t value) { return value == FileRow::unknown ? 0 : value; };
    const FileRow& file = record.file;
    MessageRow row;
    row.uid = Uid(record.uid);
    row.flags = std::move(flags);
    row.modseq = ModSeq(record.flags.modseq);
    if (columns.internal_date) row.internal_date = Time(std::chrono::seconds(known(file.internal_date)));
    if (columns.physical_size || columns.file)
        row.physical_size = static_cast<std::uint64_t>(known(file.physical_size));
    if (columns.wire_size || columns.file) row.wire_size = static_cast<std::uint64_t>(known(file.wire_size));
    if (columns.save_date) row.save_date = Time(std::chrono::seconds(known(file.save_date)));
    if (columns.email_id) row.email_id = email_id_of(record.guid());
    if (columns.unique_id) row.unique_id = unique_id_in(file.extras);
    if (columns.file) {
        row.file_name = record.name();
        row.is_fresh = record.fresh();
    }
    return row;
}

}  // namespace

Result<std::vector<MessageRow>> MailboxState::rows(const UidSet& uids, const Columns& columns) {
    const bool wants_file = needs_file(columns);
    for (bool again = true;; again = false) {
        Result<Snapshot> now = snapshot(Names::all);
        if (!now) return fail(now.error());
        std::vector<MessageRow> rows;
        std::vector<std::uint32_t> lacking;
        std::uint64_t most = 0;
        for (const UidRange& range : uids.ranges()) most += std::uint64_t{range.last.value()} - range.first.value() + 1;
        rows.reserve(std::min<std::uint64_t>(most, now->row.messages));
        for (const UidRange& range : uids.ranges())
            now->reader.each_flags(now->row.number, range.first.value(), range.last.value(),
                                   [&](std::uint32_t uid, const FlagRow& flags) {
                                       Record record{uid, flags, {}};
                                       if (wants_file)
                                           if (auto file = now->reader.file(now->row.number, uid))
                                               record.file = std::move(*file);
                                       if (wants_file && lacks(record.file, columns)) lacking.push_back(uid);
                                       rows.push_back(row_of(record, now->flags_of(uid, flags), columns));
                                       return true;
                                   });
        if (Result<> read = now->reader.status(); !read) return fail(read.error());
        if (lacking.empty() || !again) return rows;
        now = fail(ErrorCode::internal, {});  // the snapshot ends before files are looked at
        for (std::size_t next = 0; next < lacking.size(); next += piece_size) {
            const auto piece = std::span(lacking).subspan(next, std::min(piece_size, lacking.size() - next));
            if (Result<> loaded = load_details(piece, columns); !loaded) return fail(loaded.error());
        }
    }
}

Result<> MailboxState::each_flags(const UidSet& uids, const FlagsVisitor& visit) {
    const Result<Snapshot> now = snapshot(Names::all);
    if (!now) return fail(now.error());
    MessageFlags message;
    for (const UidRange& range : uids.ranges())
        now->reader.each_flags(now->row.number, range.first.value(), range.last.value(),
                               [&](std::uint32_t uid, const FlagRow& flags) {
                                   message = {Uid(uid), now->flags_of(uid, flags), ModSeq(flags.modseq)};
                                   visit(message);
                                   return true;
                               });
    return now->reader.status();
}

Result<std::uint64_t> MailboxState::wire_size() {
    const Result<Status> now = status();
    if (!now) return fail(now.error());
    const std::scoped_lock guard(wire_size_mutex_);
    if (wire_size_.at == now->highest_modseq && now->highest_modseq != ModSeq()) return wire_size_.bytes;
    const Result<MessageChanges> changes = changes_since(wire_size_.at);
    if (!changes) return fail(changes.error());
    const bool only_grew = !changes->whole && changes->gone.empty();
    UidSet uids = UidSet::all();
    if (only_grew) {
        uids = {};
        for (const Uid uid : changes->changed)
            if (uid >= wire_size_.uid_next) uids.add(uid);
    }
    const Result<std::vector<MessageRow>> found = rows(uids, {.wire_size = true});
    if (!found) return fail(found.error());
    WireSize size{now->highest_modseq, now->uid_next, only_grew ? wire_size_.bytes : 0};
    for (const MessageRow& row : *found) size.bytes += row.wire_size;
    // What came since `now` is counted already, and would be again.
    if (!found->empty()) size.uid_next = std::max(size.uid_next, Uid(found->back().uid.value() + 1));
    wire_size_ = size;
    return size.bytes;
}

Result<> MailboxState::load_details(std::span<const std::uint32_t> uids, const Columns& columns, int renames_left) {
    std::vector<Record> wanted;
    {
        const Result<Snapshot> now = snapshot();
        if (!now) return fail(now.error());
        for (const std::uint32_t uid : uids)
            if (std::optional<Record> record = now->find(uid)) wanted.push_back(std::move(*record));
    }
    std::vector<std::uint32_t> moved;
    std::vector<Record> seen;
    for (Record& record : wanted) {
        const bool wants_wire = columns.wire_size && record.file.wire_size == FileRow::unknown;
        const Result<> looked = look_at(folder_of(record.fresh()), record, wants_wire);
        if (!looked && looked.error().code != ErrorCode::not_found) return looked;
        if (looked)
            seen.push_back(std::move(record));
        else
            moved.push_back(record.uid);
    }
    if (Result<> put = put_details(seen); !put) return put;
    if (moved.empty() || renames_left == 0) return {};
    // Renamed meanwhile, or gone: the folder tells; then once more for those that are still there.
    if (Result<> synchronised = synchronise(true); !synchronised) return synchronised;
    return load_details(moved, columns, renames_left - 1);
}

Result<> MailboxState::put_details(const std::vector<Record>& records) {
    if (records.empty()) return {};
    const Result<std::shared_ptr<Index>> index = Index::get(index_place_);
    if (!index) return fail(index.error());
    Result<IndexWriter> writer = IndexWriter::begin(*index);
    if (!writer) return fail(writer.error());
    std::optional<MailboxRow> row = writer->mailbox(key());
    if (!row) return {};
    for (const Record& record : records) {
        std::optional<FileRow> there = writer->file(row->number, record.uid);
        if (!there || there->base != record.file.base) continue;
        const auto bytes_of = [](std::int64_t size) {
            return static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0));
        };
        row->bytes += bytes_of(record.file.physical_size) - bytes_of(there->physical_size);
        there->internal_date = record.file.internal_date;
        there->save_date = record.file.save_date;
        there->physical_size = record.file.physical_size;
        there->wire_size = record.file.wire_size;
        writer->put_file(row->number, record.uid, *there);
    }
    writer->put_mailbox(key(), *row);
    return writer->commit();
}

Result<MessageContent> MailboxState::open_message(Uid uid) {
    for (int renames_left = renames_followed;; --renames_left) {
        std::optional<Record> record;
        {
            const Result<Snapshot> now = snapshot();
            if (!now) return fail(now.error());
            record = now->find(uid.value());
        }
        if (!record) return fail(ErrorCode::not_found, "Message is gone");
        Result<MessageFile> file = open_message_file(folder_of(record->fresh()), record->name());
        if (!file && file.error().code == ErrorCode::not_found && renames_left > 0) {
            if (Result<> synchronised = synchronise(true); !synchronised) return fail(synchronised.error());
            continue;
        }
        if (!file && file.error().code == ErrorCode::not_found)
            return fail(ErrorCode::busy, "Mailbox is busy", "a message's file is renamed all the time");
        if (!file) return fail(file.error());
        return content_of(std::move(*record), std::move(*file));
    }
}

Result<MessageContent> MailboxState::open_message(const MessageRow& row) {
    if (row.file_name.empty()) return open_message(row.uid);
    Result<MessageFile> file = open_message_file(folder_of(row.is_fresh), row.file_name);
    if (!file && file.error().code != ErrorCode::not_found) return fail(file.error());
    const bool is_known =
        file && static_cast<std::uint64_t>(file->size) == row.physical_size && row.wire_size >= row.physical_size;
    if (!is_known) return open_message(row.uid);
    return MessageContent(std::move(file->fd), row.physical_size, row.wire_size);
}

Result<MessageContent> MailboxState::open_message(const Record& record) {
    Result<MessageFile> file = open_message_file(folder_of(record.fresh()), record.name());
    if (!file && file.error().code == ErrorCode::not_found) return open_message(Uid(record.uid));
    if (!file) return fail(file.error());
    return content_of(record, std::move(*file));
}

Result<MessageContent> MailboxState::content_of(Record record, MessageFile file) {
    // What is known is believed as long as it is right about the file's size.
    const bool is_right = record.file.physical_size == file.size && record.file.wire_size >= file.size;
    if (!is_right) {
        const Result<std::uint64_t> added = count_bare_lf(file.fd.get());
        if (!added) return fail(added.error());
        record.file.physical_size = file.size;
        record.file.wire_size = file.size + static_cast<std::int64_t>(*added);
        if (record.file.internal_date == FileRow::unknown) record.file.internal_date = file.modified;
        if (Result<> put = put_details({record}); !put)
            log::warning("sizes can't be noted in the index",
                         {{"folder", path_of(folder_->root())}, {"error", put.error().message()}});
    }
    return MessageContent(std::move(file.fd), static_cast<std::uint64_t>(file.size),
                          static_cast<std::uint64_t>(record.file.wire_size));
}

}  // namespace posthouse::storage
