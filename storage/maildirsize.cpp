// maildirsize: read whole, replaced by rename.
#include "storage/maildirsize.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "lib/base/ascii.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/random.h"
#include "storage/beneath.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "maildirsize";
/// Beyond, it is no maildirsize: somebody else's lines, at most what is written between two looks.
constexpr std::size_t max_readable_bytes = 1u << 20;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<std::int64_t> take_number(std::string_view& line) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return number;
}

std::optional<QuotaLimit> parse_definition(std::string_view line) {
    QuotaLimit limit;
    if (ascii::trim(line).empty()) return limit;
    for (const std::string_view part : ascii::split(ascii::trim(line), ',')) {
        if (part.empty()) return std::nullopt;
        const auto number = ascii::parse_number(part.substr(0, part.size() - 1));
        if (!number) return std::nullopt;
        // Other letters are for definitions to come.
        if (part.back() == 'S') limit.bytes = *number;
        if (part.back() == 'C') limit.messages = *number;
    }
    return limit;
}

bool add_in_range(std::int64_t& sum, std::int64_t number) { return !__builtin_add_overflow(sum, number, &sum); }

}  // namespace

std::optional<MaildirSize> parse_maildirsize(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    const std::optional<QuotaLimit> limit = parse_definition(take_line(text));
    if (!limit || text.empty()) return std::nullopt;
    MaildirSize content{*limit, {}};
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const std::optional<std::int64_t> bytes = take_number(line);
        if (!bytes || line.empty() || !ascii::is_wsp(line.front())) return std::nullopt;
        const std::optional<std::int64_t> messages = take_number(line);
        if (!messages || !ascii::trim(line).empty()) return std::nullopt;
        if (!add_in_range(content.usage.bytes, *bytes) || !add_in_range(content.usage.messages, *messages))
            return std::nullopt;
    }
    if (content.usage.bytes < 0 || content.usage.messages < 0) return std::nullopt;
    return content;
}

std::string to_text(const MaildirSize& content) {
    std::string text;
    if (content.limit.bytes > 0 || content.limit.messages == 0) text = std::to_string(content.limit.bytes) + 'S';
    if (content.limit.messages > 0) text += (text.empty() ? "" : ",") + std::to_string(content.limit.messages) + 'C';
    return text + '\n' + std::to_string(content.usage.bytes) + ' ' + std::to_string(content.usage.messages) + '\n';
}

Result<std::optional<MaildirSize>> read_maildirsize(const std::string& root) {
    const Result<UniqueFd> folder = open_file(root, O_PATH | O_DIRECTORY);
    const Result<UniqueFd> file = folder ? open_in(folder->get(), file_name, O_RDONLY) : fail(folder.error());
    if (!file && file.error().code == ErrorCode::not_found) return std::nullopt;
    if (!file) return fail(file.error());
    const Result<std::string> text = read_all(file->get(), max_readable_bytes);
    if (!text && text.error().code == ErrorCode::limit) return std::nullopt;
    if (!text) return fail(text.error());
    return parse_maildirsize(*text);
}

Result<> write_maildirsize(const std::string& root, const MaildirSize& content) {
    const Result<UniqueFd> folder = open_file(root, O_PATH | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    // Below tmp/: a file of an unknown name in the account's folder would stay for ever after a crash.
    const Result<UniqueFd> tmp = open_in(folder->get(), "tmp", O_RDONLY | O_DIRECTORY);
    if (!tmp) return fail(tmp.error());
    const std::string temporary = "maildirsize." + random_hex(16);
    const Result<UniqueFd> file = open_in(tmp->get(), temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (!file) return fail(file.error());
    struct stat st{};
    Result<> written;
    if (::geteuid() == 0 && ::fstat(folder->get(), &st) == 0 && ::fchown(file->get(), st.st_uid, st.st_gid) != 0)
        written = fail_errno("chown maildirsize", errno);
    if (written) written = write_all(file->get(), to_text(content));
    if (written && ::renameat(tmp->get(), temporary.c_str(), folder->get(), file_name) != 0)
        written = fail_errno("rename maildirsize", errno);
    if (!written) ::unlinkat(tmp->get(), temporary.c_str(), 0);
    return written;
}

Result<> remove_maildirsize(const std::string& root) {
    const std::string path = root + "/" + file_name;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("unlink maildirsize", errno);
    return {};
}

}  // namespace posthouse::storage
