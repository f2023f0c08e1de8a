// Annotations of messages: records taken in, appended, and written anew when most of them are superseded.
#include "storage/message_annotation_file.h"

#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/hex.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_of_all = "posthouse-annotations";

}  // namespace

MessageAnnotationFile::Name MessageAnnotationFile::shared() { return {file_of_all, "shared"}; }

MessageAnnotationFile::Name MessageAnnotationFile::of(const AnnotationUser& user) {
    if (!user) return {std::string(file_of_all) + ".owner", "owner"};
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(user->data()), user->size());
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size() / 2);
    return {std::string(file_of_all) + "." + hex::encode(bytes), *user};
}

MessageAnnotationFile::MessageAnnotationFile(Name name)
    : name_(std::move(name)), file_(name_.file.c_str(), max_annotation_record_bytes) {}

Result<bool> MessageAnnotationFile::changed(const Folder& folder, UidValidity now) const {
    if (now != validity_) return true;
    return file_.changed(folder);
}

void MessageAnnotationFile::take(const AnyAnnotationRecord& record, AnnotationTable& table) {
    if (const auto* const header = std::get_if<AnnotationHeader>(&record)) {
        known_validity_ = header->uid_validity;
        table = AnnotationTable();
        return;
    }
    if (known_validity_ != validity_) return;
    // What is beyond the bounds was written by nobody here.
    if (const auto* const value = std::get_if<AnnotationRecord>(&record))
        static_cast<void>(table.set(value->uid, value->entry, value->value));
    else
        table.drop(std::get<AnnotationDrop>(record).uid);
}

Result<> MessageAnnotationFile::reload(const Folder& folder, UidValidity now) {
    if (now != validity_) file_.resume({});
    std::vector<AnyAnnotationRecord> records;
    const Result<RecordNews> news = file_.reload(folder, [&](std::string_view record) {
        if (auto known = parse_annotation_record(record)) records.push_back(std::move(*known));
    });
    if (!news) return fail(news.error());
    AnnotationTable table;
    if (*news == RecordNews::whole || now != validity_)
        known_validity_ = UidValidity();
    else
        table = *table_;
    validity_ = now;
    for (const AnyAnnotationRecord& record : records) take(record, table);
    table_ = std::make_shared<const AnnotationTable>(std::move(table));
    return {};
}

bool MessageAnnotationFile::is_sparse(const AnnotationTable& table) const {
    constexpr std::size_t few = 256;
    constexpr std::size_t few_bytes = 1u << 20;
    const RecordPosition& at = file_.position();
    return at.records > few + 2 * (table.size() + 1) ||
           static_cast<std::size_t>(at.parsed) > few_bytes + 4 * table.bytes();
}

Result<> MessageAnnotationFile::rewrite(const Folder& folder, const AnnotationTable& table) {
    std::vector<std::string> records{to_record(AnnotationHeader{validity_, name_.whose})};
    for (const auto& [uid, entries] : table.messages())
        for (const auto& [entry, value] : *entries)
            records.push_back(to_record(AnnotationRecord{Uid(uid), entry, value}));
    if (Result<> written = file_.rewrite(folder, records); !written) return written;
    known_validity_ = validity_;
    return {};
}

Result<UidSet> MessageAnnotationFile::change(const Folder& folder, std::span<const AnnotationRecord> changes,
                                             const Exists& exists) {
    for (bool is_tidy = false;; is_tidy = true) {
        AnnotationTable table = *table_;
        if (is_tidy)
            for (const auto& [uid, entries] : table_->messages())
                if (!exists(Uid(uid))) table.drop(Uid(uid));
        std::vector<std::string> records;
        UidSet changed;
        Result<> set;
        for (const AnnotationRecord& record : changes) {
            const Result<bool> done = table.set(record.uid, record.entry, record.value);
            if (!done) set = fail(done.error());
            if (!done) break;
            if (!*done) continue;
            records.push_back(to_record(record));
            changed.add(record.uid);
        }
        if (!set && is_tidy) return fail(set.error());
        if (!set) continue;
        if (records.empty()) return changed;
        const bool is_anew = known_validity_ != validity_ || is_tidy || is_sparse(table);
        // Messages that are gone take their values along when the file is written anew.
        if (is_anew && !is_tidy)
            for (const auto& [uid, entries] : table_->messages())
                if (!exists(Uid(uid))) table.drop(Uid(uid));
        const Result<> written = is_anew ? rewrite(folder, table) : file_.append(folder, records, Durable::at_once);
        if (!written) return fail(written.error());
        table_ = std::make_shared<const AnnotationTable>(std::move(table));
        return changed;
    }
}

Result<> MessageAnnotationFile::drop(const Folder& folder, const std::vector<Uid>& uids) {
    AnnotationTable table = *table_;
    std::vector<std::string> records;
    for (const Uid uid : uids) {
        if (table.of(uid).empty()) continue;
        table.drop(uid);
        records.push_back(to_record(AnnotationDrop{uid}));
    }
    if (records.empty()) return {};
    Result<> written = is_sparse(table) ? rewrite(folder, table) : file_.append(folder, records, Durable::in_time);
    if (written) table_ = std::make_shared<const AnnotationTable>(std::move(table));
    return written;
}

Result<> MessageAnnotationFile::remove(const Folder& folder, const AnnotationUser& user) {
    const std::string name = of(user).file;
    if (::unlinkat(folder.root(), name.c_str(), 0) == 0) return sync_fd(folder.root(), "folder");
    return errno == ENOENT ? Result<>{} : fail_errno("unlink " + name, errno);
}

}  // namespace posthouse::storage
