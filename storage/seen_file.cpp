// A reader's seen messages: records taken in, appended, and written anew when most of them are superseded.
#include "storage/seen_file.h"

#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <variant>
#include <vector>

#include "lib/base/hex.h"
#include "storage/seen_records.h"

namespace posthouse::storage {

std::string SeenFile::file_name(std::string_view viewer) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(viewer.data()), viewer.size());
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size() / 2);
    return "posthouse-seen." + hex::encode(bytes);
}

SeenFile::SeenFile(std::string viewer) : viewer_(std::move(viewer)), name_(file_name(viewer_)), file_(name_.c_str()) {}

Result<bool> SeenFile::changed(const Folder& folder, UidValidity now) const {
    if (now != validity_) return true;
    return file_.changed(folder);
}

Result<> SeenFile::reload(const Folder& folder, UidValidity now) {
    if (now != validity_) file_.resume({});
    std::vector<std::variant<SeenHeader, SeenChange>> records;
    const Result<RecordNews> news = file_.reload(folder, [&](std::string_view record) {
        if (auto header = parse_seen_header(record))
            records.emplace_back(std::move(*header));
        else if (auto change = parse_seen_change(record))
            records.emplace_back(std::move(*change));
    });
    if (!news) return fail(news.error());
    UidSet seen;
    if (*news == RecordNews::whole || now != validity_)
        known_validity_ = UidValidity();
    else
        seen = *seen_;
    validity_ = now;
    for (const auto& record : records) {
        if (const auto* const header = std::get_if<SeenHeader>(&record)) {
            known_validity_ = header->uid_validity;
            seen = UidSet();
            continue;
        }
        const auto& change = std::get<SeenChange>(record);
        if (known_validity_ != now) continue;
        if (change.is_seen)
            seen.add(change.uids);
        else
            seen.remove(change.uids);
    }
    if (known_validity_ != now) seen = UidSet();
    seen_ = std::make_shared<const UidSet>(std::move(seen));
    return {};
}

Result<> SeenFile::remove(const Folder& folder, std::string_view viewer) {
    const std::string name = file_name(viewer);
    if (::unlinkat(folder.root(), name.c_str(), 0) == 0) return sync_fd(folder.root(), "folder");
    return errno == ENOENT ? Result<>{} : fail_errno("unlink " + name, errno);
}

bool SeenFile::is_sparse(const UidSet& seen) const {
    constexpr std::size_t few = 256;
    return file_.position().records > few + 2 * (to_records({true, seen}).size() + 1);
}

Result<> SeenFile::rewrite(const Folder& folder, const UidSet& seen) {
    std::vector<std::string> records = to_records({true, seen});
    records.insert(records.begin(), to_record(SeenHeader{validity_, viewer_}));
    if (Result<> written = file_.rewrite(folder, records); !written) return written;
    known_validity_ = validity_;
    return {};
}

Result<> SeenFile::mark(const Folder& folder, const UidSet& uids, bool is_seen) {
    UidSet seen = *seen_;
    if (is_seen)
        seen.add(uids);
    else
        seen.remove(uids);
    const bool is_anew = known_validity_ != validity_ || is_sparse(seen);
    Result<> written =
        is_anew ? rewrite(folder, seen) : file_.append(folder, to_records({is_seen, uids}), Durable::in_time);
    if (written) seen_ = std::make_shared<const UidSet>(std::move(seen));
    return written;
}

}  // namespace posthouse::storage
