// dovecot-uidvalidity: the value is the name of the empty file dovecot-uidvalidity.<8 hex digits>.
#include "storage/uid_validity.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-uidvalidity";
constexpr std::string_view value_prefix = "dovecot-uidvalidity.";
constexpr std::size_t digits = 8;

std::string hex(std::uint32_t value) {
    std::string text(digits, '0');
    for (std::size_t i = digits; value != 0; value >>= 4) text[--i] = "0123456789abcdef"[value & 15];
    return text;
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
    std::uint32_t value = 0;
    if (text.size() < digits) return std::nullopt;
    const std::string_view number = text.substr(0, digits);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, 16);
    return error == std::errc() && end == number.data() + number.size() ? std::optional(value) : std::nullopt;
}

std::string value_file(std::uint32_t value) { return std::string(value_prefix) + hex(value); }

/// The value that dovecot-uidvalidity tells: a hint that saves reading the folder.
std::optional<std::uint32_t> hinted(int root) {
    const Result<UniqueFd> fd = open_in(root, file_name, O_RDONLY);
    if (!fd) return std::nullopt;
    constexpr std::size_t max_bytes = 64;
    const Result<std::string> text = read_all(fd->get(), max_bytes);
    return text ? parse_hex(*text) : std::nullopt;
}

/// The highest value there is a file for.
Result<std::optional<std::uint32_t>> highest(int root) {
    const Result<std::vector<std::string>> names = names_in(root);
    if (!names) return fail(names.error());
    std::optional<std::uint32_t> value;
    for (const std::string& name : *names)
        if (name.starts_with(value_prefix) && name.size() == value_prefix.size() + digits)
            value = std::max(value, parse_hex(std::string_view(name).substr(value_prefix.size())));
    return value;
}

Result<std::uint32_t> take(int root) {
    std::optional<std::uint32_t> current = hinted(root);
    // Each round that fails means that another took a value; that many don't at once.
    constexpr int rounds = 1000;
    for (int round = 0; round < rounds; ++round) {
        if (current) {
            const std::uint32_t next = std::max<std::uint32_t>(*current + 1, 1);
            if (::renameat(root, value_file(*current).c_str(), root, value_file(next).c_str()) == 0) return next;
            if (errno != ENOENT) return fail_errno("rename dovecot-uidvalidity", errno);
        }
        Result<std::optional<std::uint32_t>> found = highest(root);
        if (!found) return fail(found.error());
        const std::optional<std::uint32_t> before = std::exchange(current, *found);
        if (current) continue;
        // The first mailbox here; or the files were lost: never below what the hint told.
        const auto now = static_cast<std::uint32_t>(std::time(nullptr));
        const std::uint32_t first = std::max(now, before.value_or(0) + 1);
        const Result<UniqueFd> made = open_in(root, value_file(first), O_RDWR | O_CREAT | O_EXCL, 0444);
        if (made) return first;
        if (made.error().code != ErrorCode::exists) return fail(made.error());
    }
    return fail(ErrorCode::busy, "Mailbox is in use", "dovecot-uidvalidity moves too fast");
}

/// The hint: when it can't be written, the folder is read the next time. The sync makes the counter's rename durable
/// too.
Result<> write_hint(int root, std::uint32_t value) {
    const Result<> written = replace_file(root, file_name, hex(value));
    if (written) return {};
    log::warning("dovecot-uidvalidity can't be written",
                 {{"folder", path_of(root)}, {"error", written.error().message()}});
    return sync_fd(root, "account's folder");
}

}  // namespace

Result<UidValidity> next_uid_validity(int account_root) {
    const Result<std::uint32_t> value = take(account_root);
    if (!value) return fail(value.error());
    if (Result<> written = write_hint(account_root, *value); !written) return fail(written.error());
    return UidValidity(*value);
}

Result<> note_uid_validity(int account_root, UidValidity value) {
    constexpr int rounds = 1000;
    for (int round = 0; round < rounds; ++round) {
        const Result<std::optional<std::uint32_t>> current = highest(account_root);
        if (!current) return fail(current.error());
        if (*current && **current >= value.value()) return {};
        const std::string wanted = value_file(value.value());
        if (*current) {
            const std::string before = value_file(**current);
            if (::renameat(account_root, before.c_str(), account_root, wanted.c_str()) == 0)
                return write_hint(account_root, value.value());
            if (errno != ENOENT) return fail_errno("rename dovecot-uidvalidity", errno);
            continue;
        }
        // The first mailbox here: what the others had isn't known, but that it isn't above the time.
        const std::uint32_t first = std::max(value.value(), static_cast<std::uint32_t>(std::time(nullptr)));
        const Result<UniqueFd> made = open_in(account_root, value_file(first), O_RDWR | O_CREAT | O_EXCL, 0444);
        if (made) return write_hint(account_root, first);
        if (made.error().code != ErrorCode::exists) return fail(made.error());
    }
    return fail(ErrorCode::busy, "Mailbox is in use", "dovecot-uidvalidity moves too fast");
}

}  // namespace posthouse::storage
