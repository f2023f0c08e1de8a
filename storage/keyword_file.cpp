// dovecot-keywords: lines "<number> <keyword>".
#include "storage/keyword_file.h"

#include <algorithm>
#include <bit>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "storage/small_file.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-keywords";
constexpr std::size_t max_bytes = 1u << 16;
constexpr std::uint32_t all_letters = (1u << max_letters) - 1;

}  // namespace

Result<bool> KeywordFile::reload(const Folder& folder) {
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    if (*now == stamp_) return false;
    // It goes with its mailbox, whose last messages keep what they had.
    if (now->inode == 0 && folder.deleted()) return false;
    std::array<std::string, max_letters> names;
    bool is_damaged = false;
    if (now->inode != 0) {
        const Result<SmallFile> file = read_small_file(folder.root(), file_name, max_bytes);
        if (!file) return fail(file.error());
        is_damaged = file->is_unfit;
        for (const std::string_view line : ascii::split(file->whole_lines(), '\n')) {
            const auto blank = line.find(' ');
            if (blank == std::string_view::npos) continue;
            const auto number = ascii::parse_number(line.substr(0, blank));
            if (!number || *number >= max_letters) continue;
            std::string name(line.substr(blank + 1));
            if (Keywords::make({name})) names.at(*number) = std::move(name);
        }
    }
    stamp_ = *now;
    is_damaged_ = is_damaged;
    if (is_damaged)
        log::warning("dovecot-keywords is damaged: what can be read of it counts",
                     {{"folder", path_of(folder.root())}});
    if (names == names_) return false;
    names_ = std::move(names);
    return true;
}

std::vector<std::string> KeywordFile::names() const {
    std::vector<std::string> names;
    std::ranges::copy_if(names_, std::back_inserter(names), [](const std::string& name) { return !name.empty(); });
    return names;
}

std::size_t KeywordFile::room(std::uint32_t taken) const {
    return max_letters - static_cast<std::size_t>(std::popcount(named() | (taken & all_letters)));
}

std::optional<std::size_t> KeywordFile::find(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (ascii::iequals(names_[i], name)) return i;
    return std::nullopt;
}

std::uint32_t KeywordFile::named() const {
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (!names_[i].empty()) mask |= 1u << i;
    return mask;
}

Result<> KeywordFile::add(const Folder& folder, std::span<const std::string> added, std::uint32_t taken) {
    std::array<std::string, max_letters> names = names_;
    auto next = added.begin();
    for (std::size_t i = 0; i < names.size() && next != added.end(); ++i)
        if (names[i].empty() && (taken >> i & 1) == 0) names[i] = *next++;
    if (names == names_) return {};
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!names[i].empty()) text += std::to_string(i) + " " + names[i] + "\n";
    if (is_damaged_)
        if (Result<> kept = keep_damaged(folder.root(), file_name); !kept) return kept;
    Result<> written = replace_file(folder.root(), file_name, text);
    if (!written) return written;
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    names_ = std::move(names);
    stamp_ = *now;
    is_damaged_ = false;
    return {};
}

}  // namespace posthouse::storage
