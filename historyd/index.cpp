// The folder of index files.
#include "historyd/index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"

namespace posthouse::history {
namespace {

constexpr std::size_t max_files = 100'000;
constexpr std::string_view suffix = ".sqlite";
constexpr std::array<const char*, 3> parts = {"", "-wal", "-shm"};
constexpr std::string_view damaged_prefix = "damaged-";

std::uint64_t octets_of(const std::string& path) {
    std::uint64_t octets = 0;
    for (const char* part : parts) {
        struct stat status{};
        if (::stat((path + part).c_str(), &status) == 0) octets += static_cast<std::uint64_t>(status.st_size);
    }
    return octets;
}

/// When the file was last written, milliseconds since 1970.
std::int64_t written_at(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mtime * std::int64_t{1000} : 0;
}

/// What was put aside, by name without what SQLite adds to it.
std::vector<std::string> damaged_files(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        std::string name = at->path().filename().string();
        if (name.starts_with(damaged_prefix) && name.ends_with(suffix) && names.size() < max_files)
            names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

void unlink_all(const std::string& path) {
    for (const char* part : parts) (void)::unlink((path + part).c_str());  // not all of them are there
}

}  // namespace

std::vector<std::uint64_t> index_files(const std::string& folder) {
    std::vector<std::uint64_t> numbers;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (!name.ends_with(suffix) || numbers.size() >= max_files) continue;
        const std::string_view stem = std::string_view(name).substr(0, name.size() - suffix.size());
        const auto number = ascii::parse_number(stem);
        if (number && *number < (1ULL << 40U) && index_path("", *number).substr(1) == name) numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

std::string index_path(const std::string& folder, std::uint64_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, 6 - std::min<std::size_t>(6, digits.size()), '0');
    return folder + "/" + digits + std::string(suffix);
}

void Index::put_aside(std::uint64_t number, const Error& why) {
    const std::string path = index_path(folder_, number);
    const std::string aside = folder_ + "/" + std::string(damaged_prefix) + make_id() + std::string(suffix);
    ++damaged_;
    log::error("an index of the story of messages is damaged: it is put aside, what it holds is not found any more",
               {{"path", path}, {"now", aside}, {"reason", why.message()}});
    for (const char* part : parts)
        (void)std::rename((path + part).c_str(), (aside + part).c_str());  // as far as they are
}

Result<> Index::begin_file(std::uint64_t number) {
    Result<IndexFile> file = IndexFile::create(index_path(folder_, number));
    if (!file) return fail(file.error());
    if (Result<> synced = sync_folder(folder_); !synced) return synced;
    current_ = std::move(*file);
    number_ = number;
    return {};
}

Result<> Index::open() {
    current_.reset();
    if (Result<> made = make_folders(folder_); !made) return made;
    offsets_.clear();
    octets_ = 0;
    const std::vector<std::uint64_t> numbers = index_files(folder_);
    for (const std::uint64_t number : numbers) {
        Result<IndexFile> file = number == numbers.back()
                                     ? IndexFile::create(index_path(folder_, number))
                                     : IndexFile::open(index_path(folder_, number), Database::Open::write);
        auto offsets = file ? file->offsets() : fail(file.error());
        if (!offsets) {
            // What a later version has written, or nobody, stays as it is.
            const ErrorCode code = offsets.error().code;
            if (code == ErrorCode::unsupported || code == ErrorCode::not_found) continue;
            if (code != ErrorCode::invalid) return fail(offsets.error());
            file = fail(offsets.error());
            put_aside(number, offsets.error());
            continue;
        }
        // A segment that went on from one file to the next is indexed as far as the later one says.
        for (const auto& [name, octets] : *offsets) offsets_[name] = std::max(offsets_[name], octets);
        octets_ += octets_of(index_path(folder_, number));
        if (number != numbers.back()) continue;
        current_ = std::move(*file);
        number_ = number;
    }
    if (current_) return {};
    return begin_file(numbers.empty() ? 1 : numbers.back() + 1);
}

std::uint64_t Index::offset(std::string_view segment) const {
    const auto found = offsets_.find(segment);
    return found == offsets_.end() ? 0 : found->second;
}

/// After something failed: nothing is held, and a damaged file is out of the way.
Result<> Index::settle(Result<> result) {
    if (result) return result;
    current_.reset();
    if (result.error().code == ErrorCode::invalid) put_aside(number_, result.error());
    return result;
}

Result<> Index::add(const Chunk& chunk, std::string_view segment, std::uint64_t offset) {
    Result<> added = settle(current_->add(chunk, segment, offset));
    if (added) offsets_.insert_or_assign(std::string(segment), offset);
    return added;
}

Result<> Index::forget(const std::vector<std::string>& segments) {
    for (const std::string& segment : segments) {
        Result<> forgotten = settle(current_->forget(segment));
        if (!forgotten) return forgotten;
        offsets_.erase(segment);
    }
    return {};
}

Result<> Index::checkpoint() { return settle(current_->checkpoint()); }

std::vector<std::string> Index::gone(const std::vector<std::string>& present) const {
    std::vector<std::string> names;
    for (const auto& [name, octets] : offsets_)
        if (!std::ranges::binary_search(present, name)) names.push_back(name);
    return names;
}

void Index::remove(std::uint64_t number) {
    log::info("an index of the story of messages is removed: it is too old, or there is too much",
              {{"path", index_path(folder_, number)}});
    unlink_all(index_path(folder_, number));
}

Result<> Index::tidy(const Limits& limits, std::int64_t now) {
    const std::int64_t oldest = now - limits.retention.count();
    const Result<std::int64_t> last = current_->last();
    if (!last) return settle(fail(last.error()));
    const Result<std::int64_t> first = current_->first();
    if (!first) return settle(fail(first.error()));
    const bool old = now - *first >= limits.retention.count() / 30;
    const bool large = octets_of(index_path(folder_, number_)) >= limits.octets / 16;
    if (*last != 0 && (old || large)) {
        if (Result<> settled = settle(current_->checkpoint()); !settled) return settled;
        current_.reset();
        if (Result<> begun = settle(begin_file(number_ + 1)); !begun) return begun;
    }
    std::vector<std::uint64_t> kept = index_files(folder_);
    std::erase(kept, number_);
    // A file that can't be read here goes by the time when it was written.
    std::erase_if(kept, [&](std::uint64_t number) {
        const std::string path = index_path(folder_, number);
        Result<IndexFile> file = IndexFile::open(path, Database::Open::write);
        const Result<std::int64_t> latest = file ? file->last() : fail(file.error());
        if ((latest ? *latest : written_at(path)) >= oldest) return false;
        remove(number);
        return true;
    });
    std::vector<std::string> aside = damaged_files(folder_);
    std::erase_if(aside, [&](const std::string& name) {
        if (written_at(folder_ + "/" + name) >= oldest) return false;
        unlink_all(folder_ + "/" + name);
        return true;
    });
    octets_ = octets_of(index_path(folder_, number_));
    for (const std::uint64_t number : kept) octets_ += octets_of(index_path(folder_, number));
    for (const std::string& name : aside) octets_ += octets_of(folder_ + "/" + name);
    for (const std::string& name : aside) {
        if (octets_ <= limits.octets) break;
        octets_ -= octets_of(folder_ + "/" + name);
        unlink_all(folder_ + "/" + name);
    }
    for (const std::uint64_t number : kept) {
        if (octets_ <= limits.octets) break;
        octets_ -= octets_of(index_path(folder_, number));
        remove(number);
    }
    return {};
}

}  // namespace posthouse::history
