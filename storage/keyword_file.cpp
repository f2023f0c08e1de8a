// dovecot-keywords: lines "<number> <keyword>".
#include "storage/keyword_file.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/file.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-keywords";
constexpr std::size_t max_bytes = 1u << 16;

}  // namespace

Result<bool> KeywordFile::reload(const Folder& folder) {
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    if (*now == stamp_) return false;
    std::array<std::string, max_keywords> names;
    if (now->inode != 0) {
        const Result<UniqueFd> fd = open_in(folder.root(), file_name, O_RDONLY);
        if (!fd) return fail(fd.error());
        const Result<std::string> text = read_all(fd->get(), max_bytes);
        if (!text) return fail(text.error());
        for (const std::string_view line : ascii::split(*text, '\n')) {
            const auto blank = line.find(' ');
            if (blank == std::string_view::npos) continue;
            const auto number = ascii::parse_number(line.substr(0, blank));
            if (!number || *number >= max_keywords) continue;
            std::string name(line.substr(blank + 1));
            if (Keywords::make({name})) names.at(*number) = std::move(name);
        }
    }
    stamp_ = *now;
    if (names == names_) return false;
    names_ = std::move(names);
    return true;
}

std::vector<std::string> KeywordFile::names() const {
    std::vector<std::string> names;
    std::ranges::copy_if(names_, std::back_inserter(names), [](const std::string& name) { return !name.empty(); });
    return names;
}

bool KeywordFile::full() const { return std::ranges::none_of(names_, &std::string::empty); }

std::optional<std::size_t> KeywordFile::find(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (ascii::iequals(names_[i], name)) return i;
    return std::nullopt;
}

std::optional<std::uint32_t> KeywordFile::mask_of(const Keywords& keywords) const {
    std::uint32_t mask = 0;
    for (const std::string& name : keywords.names()) {
        const auto letter = find(name);
        if (!letter) return std::nullopt;
        mask |= 1u << *letter;
    }
    return mask;
}

std::uint32_t KeywordFile::known_mask_of(const Keywords& keywords) const {
    std::uint32_t mask = 0;
    for (const std::string& name : keywords.names())
        if (const auto letter = find(name)) mask |= 1u << *letter;
    return mask;
}

Keywords KeywordFile::keywords_of(std::uint32_t mask) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < names_.size(); ++i)
        if ((mask >> i & 1) != 0 && !names_[i].empty()) names.push_back(names_[i]);
    return Keywords::make(std::move(names)).value_or(Keywords());  // reload took valid names only
}

std::uint32_t KeywordFile::named() const {
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (!names_[i].empty()) mask |= 1u << i;
    return mask;
}

Result<> KeywordFile::add(const Folder& folder, const Keywords& keywords, std::uint32_t taken, WhenFull when_full) {
    std::array<std::string, max_keywords> names = names_;
    for (const std::string& name : keywords.names()) {
        if (find(name)) continue;
        std::size_t place = 0;
        while (place < names.size() && (!names[place].empty() || (taken >> place & 1) != 0)) ++place;
        if (place == names.size() && when_full == WhenFull::leave_out) break;
        if (place == names.size()) return fail(ErrorCode::limit, "Too many keywords in this mailbox");
        names[place] = name;
    }
    if (names == names_) return {};
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!names[i].empty()) text += std::to_string(i) + " " + names[i] + "\n";
    Result<> written = replace_file(folder.root(), file_name, text);
    if (!written) return written;
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    names_ = std::move(names);
    stamp_ = *now;
    return {};
}

}  // namespace posthouse::storage
