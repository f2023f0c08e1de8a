// Keys, reads and writes of the index's tables.
#include "storage/index/transaction.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace posthouse::storage {
namespace {

MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

template <typename Number>
void append_number(char* to, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i)
        to[i] = static_cast<char>(static_cast<unsigned char>(number >> (8 * (sizeof number - 1 - i))));
}

template <typename Number>
Number read_number(std::string_view bytes, std::size_t at) {
    Number number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = static_cast<Number>((number << 8) | static_cast<unsigned char>(bytes[at + i]));
    return number;
}

IndexKey key_of(std::uint32_t mailbox, std::uint32_t number) { return IndexKey().add(mailbox).add(number); }
IndexKey key_of(const FolderKey& folder) { return IndexKey().add(folder.device).add(folder.inode); }
IndexKey key_of(std::uint32_t mailbox, std::string_view base) { return IndexKey().add(mailbox).add(base); }
IndexKey key_of(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid) {
    return IndexKey().add(mailbox).add(modseq).add(uid);
}
IndexKey key_of(std::string_view name) { return IndexKey().add(name); }

}  // namespace

std::uint32_t read_u32(std::string_view bytes, std::size_t at) { return read_number<std::uint32_t>(bytes, at); }
std::uint64_t read_u64(std::string_view bytes, std::size_t at) { return read_number<std::uint64_t>(bytes, at); }

IndexKey& IndexKey::add(SummaryPart part) {
    bytes_[size_++] = static_cast<char>(part);
    return *this;
}

IndexKey& IndexKey::add(std::uint32_t number) {
    append_number(bytes_ + size_, number);
    size_ += sizeof number;
    return *this;
}

IndexKey& IndexKey::add(std::uint64_t number) {
    append_number(bytes_ + size_, number);
    size_ += sizeof number;
    return *this;
}

IndexKey& IndexKey::add(std::string_view text) {
    const std::size_t fits = std::min(text.size(), max_bytes - size_);  // names of files have at most 255 bytes
    std::memcpy(bytes_ + size_, text.data(), fits);
    size_ += fits;
    return *this;
}

Result<IndexReader> IndexReader::begin(const IndexPlace& place) {
    for (bool again = true;; again = false) {
        Result<std::shared_ptr<Index>> index = Index::get(place);
        if (!index) return fail(index.error());
        const Result<MDB_txn*> txn = (*index)->begin(MDB_RDONLY);
        if (txn) return IndexReader(std::move(*index), *txn);
        // What couldn't be used was marked: the next one is another.
        if (!again || (*index)->usable()) return fail(txn.error());
    }
}

IndexReader::~IndexReader() {
    if (further_ != nullptr) mdb_cursor_close(further_);
    if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void IndexReader::note(std::string_view what, int code) const {
    if (error_ == 0) error_ = code;
    if (code == MDB_MAP_FULL)
        index_->mark_full();
    else if (code < 0)
        index_->mark_damaged(std::string(what) + ": " + mdb_strerror(code));
}

Result<> IndexReader::status() const { return error_ == 0 ? Result<>{} : fail_index("read", error_); }

std::optional<std::string_view> IndexReader::get(MDB_dbi table, const IndexKey& key) const {
    const InIndex guard(index_->folder());
    MDB_val wanted = to_val(key.bytes());
    MDB_val value{};
    const int code = mdb_get(txn_, table, &wanted, &value);
    if (code == 0) return std::string_view(static_cast<const char*>(value.mv_data), value.mv_size);
    if (code != MDB_NOTFOUND) note("get", code);
    return std::nullopt;
}

std::uint64_t IndexReader::modseq() const {
    const auto bytes = get(index_->tables().meta, key_of("modseq"));
    std::uint64_t value = 0;
    if (bytes && bytes->size() == sizeof value) std::memcpy(&value, bytes->data(), sizeof value);
    if (value == 0) note("the counter is missing", MDB_CORRUPTED);
    return value;
}

std::optional<MailboxRow> IndexReader::mailbox(const FolderKey& folder) const {
    const auto bytes = get(index_->tables().mailboxes, key_of(folder));
    if (!bytes) return std::nullopt;
    MailboxRow row;
    if (bytes->size() != sizeof row) {
        note("a mailbox's row is damaged", MDB_CORRUPTED);
        return std::nullopt;
    }
    std::memcpy(static_cast<void*>(&row), bytes->data(), sizeof row);
    return row;
}

std::optional<AccountRow> IndexReader::account() const {
    const auto bytes = get(index_->tables().meta, key_of("account"));
    AccountRow row;
    if (!bytes) return std::nullopt;
    if (bytes->size() != sizeof row) {
        note("the account's row is damaged", MDB_CORRUPTED);
        return std::nullopt;
    }
    std::memcpy(static_cast<void*>(&row), bytes->data(), sizeof row);
    return row;
}

std::vector<std::string> IndexReader::subscriptions() const {
    std::vector<std::string> names;
    const auto bytes = get(index_->tables().meta, key_of("subscriptions"));
    for (std::string_view left = bytes.value_or(std::string_view()); !left.empty();) {
        const std::size_t end = left.find('\n');
        names.emplace_back(left.substr(0, end));
        left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    }
    return names;
}

std::optional<TreeRow> IndexReader::tree(const FolderKey& folder) const {
    const auto bytes = get(index_->tables().tree, key_of(folder));
    TreeRow row;
    if (!bytes) return std::nullopt;
    if (decode(*bytes, row)) return row;
    note("a row of the tree is damaged", MDB_CORRUPTED);
    return std::nullopt;
}

std::uint32_t IndexReader::next_uid(const UidListPosition& list) const {
    const std::string guid = guid_of(list);
    const auto bytes = guid.empty() ? std::nullopt : get(index_->tables().given, key_of(guid));
    GivenUids given;
    if (!bytes) return given.next_uid;
    if (bytes->size() == sizeof given)
        std::memcpy(&given, bytes->data(), sizeof given);
    else
        note("the UIDs that a mailbox gave are damaged", MDB_CORRUPTED);
    return given.uid_validity == list.uid_validity ? given.next_uid : GivenUids().next_uid;
}

bool IndexReader::chunk(std::uint32_t mailbox, std::uint32_t number, FlagChunk& chunk) const {
    const auto bytes = get(index_->tables().flags, key_of(mailbox, number));
    if (!bytes || bytes->size() != sizeof chunk) {
        if (bytes) note("a row of flags is damaged", MDB_CORRUPTED);
        chunk = FlagChunk();
        return false;
    }
    std::memcpy(chunk.data(), bytes->data(), sizeof chunk);
    return true;
}

FlagRow IndexReader::flags(std::uint32_t mailbox, std::uint32_t uid) const {
    const auto bytes = get(index_->tables().flags, key_of(mailbox, uid / flags_per_chunk));
    FlagRow row;
    if (bytes && bytes->size() == sizeof(FlagChunk))
        std::memcpy(&row, bytes->data() + sizeof row * (uid % flags_per_chunk), sizeof row);
    return row;
}

std::optional<FileRow> IndexReader::file(std::uint32_t mailbox, std::uint32_t uid) const {
    const auto bytes = get(index_->tables().files, key_of(mailbox, uid));
    if (!bytes) return std::nullopt;
    FileRow row;
    if (decode(*bytes, row)) return row;
    note("a file's row is damaged", MDB_CORRUPTED);
    return std::nullopt;
}

std::optional<AbsentLine> IndexReader::absent(std::uint32_t mailbox, std::string_view base) const {
    const auto bytes = get(index_->tables().absent, key_of(mailbox, base));
    if (!bytes || bytes->size() < sizeof(std::uint32_t)) return std::nullopt;
    return AbsentLine{read_u32(*bytes, 0), std::string(bytes->substr(sizeof(std::uint32_t)))};
}

std::string_view IndexReader::further(std::uint32_t mailbox, std::uint32_t uid) const {
    const InIndex guard(index_->folder());
    // A cursor looks at the page where it stands first.
    int code = further_ == nullptr ? mdb_cursor_open(txn_, index_->tables().further, &further_) : 0;
    const IndexKey wanted = key_of(mailbox, uid);
    MDB_val key = to_val(wanted.bytes());
    MDB_val value{};
    if (code == 0) code = mdb_cursor_get(further_, &key, &value, MDB_SET);
    if (code == 0) return {static_cast<const char*>(value.mv_data), value.mv_size};
    note("further keywords of a message", code == MDB_NOTFOUND ? MDB_CORRUPTED : code);
    return {};
}

std::optional<FurtherSet> IndexReader::stray(std::uint32_t mailbox, std::string_view base) const {
    const auto bytes = get(index_->tables().strays, key_of(mailbox, base));
    return bytes ? std::optional(further_set_of(*bytes)) : std::nullopt;
}

FurtherNames IndexReader::further_names(std::uint32_t mailbox, std::uint64_t fingerprint) const {
    if (fingerprint == 0) return {};
    FurtherNames names = FurtherNames::decode(get(index_->tables().names, IndexKey().add(mailbox)).value_or(""));
    if (names.fingerprint() != fingerprint) note("names of keywords are damaged", MDB_CORRUPTED);
    return names;
}

std::optional<std::string_view> IndexReader::summary(std::uint32_t mailbox, std::uint32_t uid, SummaryPart part) const {
    return get(index_->tables().summaries, key_of(mailbox, uid).add(part));
}

Result<IndexWriter> IndexWriter::begin(std::shared_ptr<Index> index) {
    const Result<MDB_txn*> txn = index->begin(0);
    if (!txn) return fail(txn.error());
    return IndexWriter(std::move(index), *txn);
}

void IndexWriter::put(MDB_dbi table, const IndexKey& key, std::string_view value) {
    if (error_ != 0) return;
    const InIndex guard(index_->folder());
    MDB_val to = to_val(key.bytes());
    MDB_val from = to_val(value);
    if (const int code = mdb_put(txn_, table, &to, &from, 0); code != 0) note("put", code);
}

void IndexWriter::erase(MDB_dbi table, const IndexKey& key) {
    if (error_ != 0) return;
    const InIndex guard(index_->folder());
    MDB_val what = to_val(key.bytes());
    const int code = mdb_del(txn_, table, &what, nullptr);
    if (code != 0 && code != MDB_NOTFOUND) note("delete", code);
}

std::uint64_t IndexWriter::counter(std::string_view name) const {
    const auto bytes = get(index_->tables().meta, key_of(name));
    std::uint64_t value = 0;
    if (bytes && bytes->size() == sizeof value) std::memcpy(&value, bytes->data(), sizeof value);
    return value;
}

std::uint64_t IndexWriter::next_modseq() {
    const std::uint64_t value = modseq() + 1;
    put(index_->tables().meta, key_of("modseq"), {reinterpret_cast<const char*>(&value), sizeof value});
    return value;
}

std::uint32_t IndexWriter::next_mailbox_number() {
    const std::uint64_t value = counter("mailboxes") + 1;
    put(index_->tables().meta, key_of("mailboxes"), {reinterpret_cast<const char*>(&value), sizeof value});
    return static_cast<std::uint32_t>(value);
}

void IndexWriter::put_mailbox(const FolderKey& folder, const MailboxRow& row) {
    put(index_->tables().mailboxes, key_of(folder), {reinterpret_cast<const char*>(&row), sizeof row});
}

void IndexWriter::erase_mailbox(const FolderKey& folder) { erase(index_->tables().mailboxes, key_of(folder)); }

void IndexWriter::put_given_uids(const UidListPosition& list) {
    const std::string guid = guid_of(list);
    if (guid.empty()) return;
    const GivenUids given{list.uid_validity, std::max(next_uid_of(list), next_uid(list))};
    put(index_->tables().given, key_of(guid), {reinterpret_cast<const char*>(&given), sizeof given});
}

void IndexWriter::forget_given_uids() {
    std::set<std::string> there;
    each_mailbox([&](const FolderKey&, const MailboxRow& row) { there.insert(guid_of(row.list)); });
    std::vector<std::string> gone;
    walk(index_->tables().given, IndexKey(), {}, [&](std::string_view guid, std::string_view) {
        if (!there.contains(std::string(guid))) gone.emplace_back(guid);
        return true;
    });
    if (gone.size() <= max_given_uids) return;
    for (const std::string& guid : gone) erase(index_->tables().given, key_of(guid));
}

void IndexWriter::put_account(const AccountRow& row) {
    put(index_->tables().meta, key_of("account"), {reinterpret_cast<const char*>(&row), sizeof row});
}

void IndexWriter::put_subscriptions(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    put(index_->tables().meta, key_of("subscriptions"), text);
}

void IndexWriter::put_tree(const FolderKey& folder, const TreeRow& row) {
    put(index_->tables().tree, key_of(folder), encode(row));
}

void IndexWriter::erase_tree(const FolderKey& folder) { erase(index_->tables().tree, key_of(folder)); }

void IndexWriter::put_account_change(std::uint64_t modseq, const AccountLogEntry& entry) {
    put(index_->tables().log, IndexKey().add(modseq), encode(entry));
}

void IndexWriter::erase_account_change(std::uint64_t modseq) { erase(index_->tables().log, IndexKey().add(modseq)); }

std::uint64_t IndexWriter::erase_account_changes(std::uint64_t count) {
    std::vector<std::uint64_t> modseqs;
    each_account_change(0, [&](std::uint64_t modseq, const AccountLogEntry& entry) {
        if (entry.event != AccountEvent::messages && modseqs.size() < count) modseqs.push_back(modseq);
    });
    for (const std::uint64_t modseq : modseqs) erase_account_change(modseq);
    return modseqs.empty() ? 0 : modseqs.back();
}

void IndexWriter::put_chunk(std::uint32_t mailbox, std::uint32_t number, const FlagChunk& chunk) {
    const bool is_empty = std::ranges::all_of(chunk, [](const FlagRow& row) { return row.place == Place::none; });
    if (is_empty)
        erase(index_->tables().flags, key_of(mailbox, number));
    else
        put(index_->tables().flags, key_of(mailbox, number),
            {reinterpret_cast<const char*>(chunk.data()), sizeof chunk});
}

void IndexWriter::put_file(std::uint32_t mailbox, std::uint32_t uid, const FileRow& row) {
    put(index_->tables().files, key_of(mailbox, uid), encode(row));
}

void IndexWriter::erase_file(std::uint32_t mailbox, std::uint32_t uid) {
    erase(index_->tables().files, key_of(mailbox, uid));
}

void IndexWriter::put_absent(std::uint32_t mailbox, std::string_view base, const AbsentLine& line) {
    const IndexKey uid = IndexKey().add(line.uid);
    put(index_->tables().absent, key_of(mailbox, base), std::string(uid.bytes()) + line.extras);
}

void IndexWriter::erase_absent(std::uint32_t mailbox, std::string_view base) {
    erase(index_->tables().absent, key_of(mailbox, base));
}

void IndexWriter::erase_all_absent(std::uint32_t mailbox) {
    erase_of(index_->tables().absent, mailbox, std::numeric_limits<std::size_t>::max());
}

void IndexWriter::put_further(std::uint32_t mailbox, std::uint32_t uid, const FurtherSet& set) {
    put(index_->tables().further, key_of(mailbox, uid), to_bytes(set));
}

void IndexWriter::erase_further(std::uint32_t mailbox, std::uint32_t uid) {
    erase(index_->tables().further, key_of(mailbox, uid));
}

void IndexWriter::put_stray(std::uint32_t mailbox, std::string_view base, const FurtherSet& set) {
    if (set.empty())
        erase(index_->tables().strays, key_of(mailbox, base));
    else
        put(index_->tables().strays, key_of(mailbox, base), to_bytes(set));
}

void IndexWriter::erase_all_strays(std::uint32_t mailbox) {
    erase_of(index_->tables().strays, mailbox, std::numeric_limits<std::size_t>::max());
}

void IndexWriter::put_further_names(std::uint32_t mailbox, const FurtherNames& names) {
    put(index_->tables().names, IndexKey().add(mailbox), names.encode());
}

void IndexWriter::put_change(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid, bool is_gone) {
    const char gone = is_gone ? 1 : 0;
    put(index_->tables().changes, key_of(mailbox, modseq, uid), {&gone, 1});
}

void IndexWriter::put_change_of_reader(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid,
                                       std::uint64_t before) {
    const auto replaced = get(index_->tables().changes, key_of(mailbox, before, uid));
    const bool was_of_reader = replaced && replaced->size() == sizeof(std::uint64_t);
    const std::uint64_t changed = was_of_reader ? read_u64(*replaced, 0) : before;
    erase_change(mailbox, before, uid);
    put(index_->tables().changes, key_of(mailbox, modseq, uid), IndexKey().add(changed).bytes());
}

void IndexWriter::erase_change(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid) {
    erase(index_->tables().changes, key_of(mailbox, modseq, uid));
}

std::uint64_t IndexWriter::erase_tombstones(std::uint32_t mailbox, std::uint32_t there, std::uint32_t keep) {
    std::vector<std::string> keys;
    const IndexKey prefix = IndexKey().add(mailbox);
    walk(index_->tables().changes, prefix, prefix.bytes(), [&](std::string_view key, std::string_view value) {
        if (there - keys.size() <= keep) return false;
        if (value.size() == 1 && value[0] != 0 && key.size() == 16) keys.emplace_back(key);
        return true;
    });
    for (const std::string& key : keys) erase(index_->tables().changes, key_of(key));
    return keys.empty() ? 0 : read_u64(keys.back(), 4);
}

void IndexWriter::put_summary(std::uint32_t mailbox, std::uint32_t uid, SummaryPart part, std::string_view bytes) {
    put(index_->tables().summaries, key_of(mailbox, uid).add(part), bytes);
}

void IndexWriter::erase_summaries(std::uint32_t mailbox, std::uint32_t uid) {
    for (const SummaryPart part : kSummaryParts) erase(index_->tables().summaries, key_of(mailbox, uid).add(part));
}

std::size_t IndexWriter::erase_of(MDB_dbi table, std::uint32_t mailbox, std::size_t max) {
    const IndexKey prefix = IndexKey().add(mailbox);
    std::vector<std::string> keys;
    walk(table, prefix, prefix.bytes(), [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return keys.size() < max;
    });
    for (const std::string& key : keys) erase(table, key_of(key));
    return keys.size();
}

bool IndexWriter::erase_leftovers(std::uint32_t mailbox, std::size_t max) {
    const IndexTables& tables = index_->tables();
    for (const MDB_dbi table : {tables.flags, tables.files, tables.absent, tables.changes, tables.summaries,
                                tables.further, tables.strays, tables.names}) {
        const std::size_t erased = erase_of(table, mailbox, max);
        if (erased >= max) return true;
        max -= erased;
    }
    return false;
}

Result<> IndexWriter::commit() {
    const std::uint64_t reached = modseq();
    if (error_ != 0) return fail_index("write", error_);
    if (reached > index_->modseq_limit()) {
        // Rare, once in a million changes: the promise comes first, then the change is tried again by the caller.
        mdb_txn_abort(std::exchange(txn_, nullptr));
        if (Result<> raised = index_->raise_modseq_limit(reached); !raised) return raised;
        return fail(ErrorCode::busy, "Mailbox is busy", "modseq limit raised");
    }
    const InIndex guard(index_->folder());
    const int code = mdb_txn_commit(std::exchange(txn_, nullptr));
    if (code == 0) return {};
    note("commit", code);
    return fail_index("commit", code);
}

}  // namespace posthouse::storage
