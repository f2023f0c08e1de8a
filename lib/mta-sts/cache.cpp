// Policies on disk.
#include "lib/mta-sts/cache.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "lib/base/ascii.h"
#include "lib/base/crc32c.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/smtp/address.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::string_view first_line = "posthouse-mta-sts 1\n";
constexpr std::string_view suffix = ".policy";
constexpr std::size_t max_kept_domain = 200;
constexpr std::size_t max_header = 1024;
constexpr std::size_t crc_line = 9;  ///< eight digits and LF
constexpr std::size_t max_file = max_policy_bytes + max_header + crc_line;

std::unexpected<Error> damaged(const char* what) { return fail(ErrorCode::invalid, "A kept policy is damaged", what); }

std::string checksum(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::uint32_t crc = crc32c(bytes);
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) text += digits[crc >> shift & 15u];
    return text += '\n';
}

/// Takes "key: value\n" off the front of `text`.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    if (!line.starts_with(key)) return std::nullopt;
    line.remove_prefix(key.size());
    if (!line.starts_with(": ")) return std::nullopt;
    text.remove_prefix(end + 1);
    return line.substr(2);
}

}  // namespace

std::string format_cached(const Cached& cached) {
    std::string content(first_line);
    content += "domain: " + cached.domain + "\nid: " + cached.id + "\nfetched: " + std::to_string(cached.fetched);
    content += "\n\n" + cached.text;
    return content += checksum(content);
}

Result<Cached> parse_cached(std::string_view content) {
    if (content.size() > max_file || content.size() < first_line.size() + crc_line) return damaged("its size");
    std::string_view rest = content.substr(0, content.size() - crc_line);
    if (checksum(rest) != content.substr(rest.size())) return damaged("its checksum");
    if (!rest.starts_with(first_line)) return damaged("its first line");
    rest.remove_prefix(first_line.size());
    const auto domain = take_line(rest, "domain");
    const auto id = take_line(rest, "id");
    const auto fetched = take_line(rest, "fetched");
    if (!domain || !id || !fetched || !rest.starts_with('\n')) return damaged("its header");
    rest.remove_prefix(1);
    Cached cached;
    const auto [end, problem] = std::from_chars(fetched->data(), fetched->data() + fetched->size(), cached.fetched);
    if (problem != std::errc() || end != fetched->data() + fetched->size() || cached.fetched < 0)
        return damaged("the time");
    if (!smtp::is_domain(*domain)) return damaged("the domain");
    Result<Policy> policy = parse_policy(rest);
    if (!policy) return fail(policy.error());
    cached.domain = *domain;
    cached.id = *id;
    cached.text = rest;
    cached.policy = std::move(*policy);
    return cached;
}

std::string Cache::path(std::string_view domain) const {
    return folder_ + "/" + ascii::lower(domain) + std::string(suffix);
}

// A domain has no slash and no dot at its front: its name is good for a file.
std::optional<Cached> Cache::load(std::string_view domain) const {
    if (!smtp::is_domain(domain)) return std::nullopt;
    const std::string file = path(domain);
    Result<std::string> content = read_file(file, max_file);
    if (!content && content.error().code == ErrorCode::not_found) return std::nullopt;
    Result<Cached> cached = content ? parse_cached(*content) : fail(content.error());
    if (cached && !ascii::iequals(cached->domain, domain)) cached = damaged("it is of another domain");
    if (cached) return std::move(*cached);
    log::warning("mta-sts: unreadable policy", {{"file", file}, {"reason", cached.error().message()}});
    return std::nullopt;
}

Result<> Cache::store(const Cached& cached) const {
    if (!smtp::is_domain(cached.domain)) return fail(ErrorCode::invalid, "Not a domain");
    if (cached.domain.size() > max_kept_domain) return fail(ErrorCode::limit, "The domain is too long for a file");
    if (Result<> made = make_folders(folder_); !made) return made;
    return write_file_durably(path(cached.domain), format_cached(cached));
}

Result<> Cache::remove(std::string_view domain) const {
    if (!smtp::is_domain(domain)) return fail(ErrorCode::invalid, "Not a domain");
    const std::string file = path(domain);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno("unlink " + file, errno);
    return {};
}

std::size_t Cache::remove_expired(std::int64_t now) const {
    std::size_t removed = 0;
    std::error_code problem;
    for (std::filesystem::directory_iterator at(folder_, problem), end; !problem && at != end; at.increment(problem)) {
        std::string name = at->path().filename();
        if (!name.ends_with(suffix)) continue;
        name.resize(name.size() - suffix.size());
        const std::optional<Cached> cached = load(name);
        if (cached && cached->fresh(now)) continue;
        if (remove(name)) ++removed;
    }
    return removed;
}

}  // namespace posthouse::mta_sts
