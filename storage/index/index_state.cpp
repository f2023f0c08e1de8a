// STATE, CLEAN and posthouse-modseq: three small files, read and replaced.
#include "storage/index/index_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* modseq_file = "posthouse-modseq";
constexpr std::size_t max_boots = 64;
constexpr std::size_t max_file_bytes = 64u << 10;
/// 2020-01-01: modseqs of an index that lost its promise still begin above older ones.
constexpr std::int64_t epoch_2020 = 1'577'836'800;

std::uint64_t seconds_since_2020() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count() - epoch_2020, 0));
}

Result<std::vector<std::string>> clean_boots(const std::string& index_root) {
    const Result<std::string> text = read_file(index_root + "/CLEAN", max_file_bytes);
    if (!text)
        return text.error().code == ErrorCode::not_found ? Result<std::vector<std::string>>() : fail(text.error());
    std::vector<std::string> boots;
    for (const std::string_view line : ascii::split(*text, '\n'))
        if (!line.empty()) boots.emplace_back(line);
    return boots;
}

Result<> write_clean_boots(int folder, const std::vector<std::string>& boots) {
    std::string text;
    for (const std::string& boot : boots) text += boot + "\n";
    return replace_file(folder, "CLEAN", text);
}

}  // namespace

std::string to_text(const IndexState& state) {
    return std::to_string(state.version) + " " + state.boot_id + " " + std::to_string(state.device) + " " +
           std::to_string(state.inode) + " " + std::to_string(state.map_bytes) + "\n";
}

std::optional<IndexState> parse_index_state(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    const std::vector<std::string_view> words = ascii::split(text, ' ');
    if (words.size() != 5) return std::nullopt;
    const auto version = ascii::parse_number(words[0]);
    const auto device = ascii::parse_number(words[2]);
    const auto inode = ascii::parse_number(words[3]);
    const auto map_bytes = ascii::parse_number(words[4]);
    if (!version || *version > 1'000'000 || !device || !inode || !map_bytes) return std::nullopt;
    return IndexState{static_cast<unsigned>(*version), std::string(words[1]), *device, *inode, *map_bytes};
}

const std::string& current_boot_id() {
    static const std::string id = [] {
        const Result<std::string> text = read_file("/proc/sys/kernel/random/boot_id");
        return text ? std::string(ascii::trim(*text)) : std::string("unknown");
    }();
    return id;
}

bool ended_cleanly(const std::string& index_root, const std::string& boot_id) {
    const Result<std::vector<std::string>> boots = clean_boots(index_root);
    return boots && std::ranges::find(*boots, boot_id) != boots->end();
}

Result<> note_clean_end(const std::string& index_root) {
    const Result<UniqueFd> folder = open_file(index_root, O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error().code == ErrorCode::not_found ? Result<>{} : fail(folder.error());
    if (::syncfs(folder->get()) != 0) return fail_errno("sync the indexes", errno);
    Result<std::vector<std::string>> boots = clean_boots(index_root);
    if (!boots) return fail(boots.error());
    std::erase(*boots, current_boot_id());
    boots->push_back(current_boot_id());
    if (boots->size() > max_boots) boots->erase(boots->begin());
    return write_clean_boots(folder->get(), *boots);
}

Result<> note_use(const std::string& index_root) {
    Result<std::vector<std::string>> boots = clean_boots(index_root);
    if (!boots) return fail(boots.error());
    if (std::erase(*boots, current_boot_id()) == 0) return {};
    const Result<UniqueFd> folder = open_file(index_root, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    return write_clean_boots(folder->get(), *boots);
}

Result<std::uint64_t> next_modseq_base(const std::string& account_root) {
    const Result<std::uint64_t> promised = promised_modseq(account_root);
    if (!promised) return promised;
    const std::uint64_t base = std::max(*promised + 1, seconds_since_2020() << 20);
    const Result<std::uint64_t> limit = promise_modseq(account_root, base);
    return limit ? Result<std::uint64_t>(base) : fail(limit.error());
}

Result<std::uint64_t> promised_modseq(const std::string& account_root) {
    const Result<std::string> text = read_file(account_root + "/" + modseq_file, max_file_bytes);
    if (!text) return text.error().code == ErrorCode::not_found ? Result<std::uint64_t>(0) : fail(text.error());
    return ascii::parse_number(ascii::trim(*text)).value_or(0);
}

Result<std::uint64_t> promise_modseq(const std::string& account_root, std::uint64_t reached) {
    const Result<std::uint64_t> promised = promised_modseq(account_root);
    if (!promised) return promised;
    const std::uint64_t limit = std::max(*promised, reached + modseq_step);
    const Result<UniqueFd> root = open_file(account_root, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    if (Result<> written = replace_file(root->get(), modseq_file, std::to_string(limit) + "\n"); !written)
        return fail(written.error());
    return limit;
}

}  // namespace posthouse::storage
