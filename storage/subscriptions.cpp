// The file `subscriptions`: both versions read, version 2 written.
#include "storage/subscriptions.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/random.h"
#include "storage/courier_files.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view version2 = "V\t2\n\n";
constexpr std::size_t max_bytes = 16u << 20;

}  // namespace

Subscriptions Subscriptions::from_courier(std::string_view text, const Layout& layout) {
    Subscriptions subscriptions(layout);
    subscriptions.lines_ = parse_courier_subscriptions(text);
    return subscriptions;
}

Subscriptions Subscriptions::parse(std::string_view text, const Layout& layout) {
    Subscriptions subscriptions(layout);
    const bool v2 = text.starts_with("V\t2\n");
    if (v2) text.remove_prefix(text.find('\n') + 1);
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        subscriptions.lines_.emplace_back(line);
        if (!v2) std::ranges::replace(subscriptions.lines_.back(), layout.old_separator(), '\t');
    }
    return subscriptions;
}

std::string Subscriptions::text() const {
    std::string text(version2);
    for (const std::string& line : lines_) text += line + "\n";
    return text;
}

std::vector<MailboxName> Subscriptions::names() const {
    std::vector<MailboxName> names;
    for (const std::string& line : lines_)
        if (Result<MailboxName> name = layout_.subscribed(line)) names.push_back(std::move(*name));
    return names;
}

std::size_t Subscriptions::senseless() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines_, [&](const std::string& line) { return !layout_.subscribed(line); }));
}

void Subscriptions::drop_senseless() {
    std::erase_if(lines_, [&](const std::string& line) { return !layout_.subscribed(line); });
}

Result<bool> Subscriptions::add(const MailboxName& name) {
    Result<std::string> line = layout_.subscription(name);
    if (!line) return fail(line.error());
    if (std::ranges::find(lines_, *line) != lines_.end()) return false;
    lines_.push_back(std::move(*line));
    return true;
}

Result<bool> Subscriptions::remove(const MailboxName& name) {
    const Result<std::string> line = layout_.subscription(name);
    if (!line) return fail(line.error());
    return std::erase(lines_, *line) != 0;
}

Result<Subscriptions> read_subscriptions(int account_root, const Layout& layout) {
    const Result<UniqueFd> fd = open_in(account_root, subscriptions_file, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) {
        const auto courier = read_courier_file(account_root, courier_subscription_file, max_bytes);
        if (!courier) return fail(courier.error());
        return *courier ? Subscriptions::from_courier(**courier, layout) : Subscriptions(layout);
    }
    if (!fd) return fail(fd.error());
    const Result<std::string> text = read_all(fd->get(), max_bytes);
    if (!text) return fail(text.error());
    return Subscriptions::parse(*text, layout);
}

Result<> take_over_subscriptions(int account_root, const Layout& layout) {
    const Result<Stamp> there = stamp_in(account_root, subscriptions_file);
    if (!there) return fail(there.error());
    if (there->inode != 0) return {};
    const Result<Subscriptions> courier = read_subscriptions(account_root, layout);
    if (!courier) return fail(courier.error());
    if (courier->is_empty()) return {};
    const std::string temporary = std::string(subscriptions_file) + ".tmp." + random_hex(8);
    if (Result<> written = replace_file(account_root, temporary, courier->text()); !written) return written;
    if (::renameat2(account_root, temporary.c_str(), account_root, subscriptions_file, RENAME_NOREPLACE) == 0)
        return sync_fd(account_root, "account's folder");
    const int error = errno;
    ::unlinkat(account_root, temporary.c_str(), 0);
    return error == EEXIST ? Result<>{} : fail_errno("rename to subscriptions", error);
}

Result<> write_subscriptions(int account_root, const Subscriptions& subscriptions) {
    return replace_file(account_root, subscriptions_file, subscriptions.text());
}

}  // namespace posthouse::storage
