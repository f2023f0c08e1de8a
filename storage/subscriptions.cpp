// The file `subscriptions`: both versions read, version 2 written.
#include "storage/subscriptions.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/courier_files.h"
#include "storage/folder.h"
#include "storage/small_file.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view version2 = "V\t2\n\n";
constexpr std::size_t max_bytes = 16u << 20;
/// A file of version 1 grows by the header when one of its names is removed.
constexpr std::size_t max_readable_bytes = max_bytes + version2.size();

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
        subscriptions.is_damaged_ = subscriptions.lines_.size() == max_count;
        if (subscriptions.is_damaged_) break;
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
    std::size_t bytes = version2.size() + line->size() + 1;
    for (const std::string& each : lines_) bytes += each.size() + 1;
    if (lines_.size() >= max_count || bytes > max_bytes) return fail(ErrorCode::limit, "Too many subscriptions");
    lines_.push_back(std::move(*line));
    return true;
}

Result<bool> Subscriptions::remove(const MailboxName& name) {
    const Result<std::string> line = layout_.subscription(name);
    if (!line) return fail(line.error());
    return std::erase(lines_, *line) != 0;
}

Result<Subscriptions> read_subscriptions(int account_root, const Layout& layout) {
    const Result<SmallFile> file = read_small_file(account_root, subscriptions_file, max_readable_bytes);
    if (!file) return fail(file.error());
    if (!file->is_there) {
        const auto courier = read_courier_file(account_root, courier_subscription_file, max_bytes);
        if (!courier) return fail(courier.error());
        return *courier ? Subscriptions::from_courier(**courier, layout) : Subscriptions(layout);
    }
    Subscriptions subscriptions = Subscriptions::parse(file->whole_lines(), layout);
    if (file->is_unfit) subscriptions.set_damaged();
    if (subscriptions.is_damaged())
        log::warning("subscriptions are damaged: what can be read of them counts",
                     {{"folder", path_of(account_root)}, {"names", subscriptions.count()}});
    return subscriptions;
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
    if (subscriptions.is_damaged())
        if (Result<> kept = keep_damaged(account_root, subscriptions_file); !kept) return kept;
    return replace_file(account_root, subscriptions_file, subscriptions.text());
}

}  // namespace posthouse::storage
