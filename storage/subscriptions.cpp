// The file `subscriptions`: both versions read, version 2 written.
#include "storage/subscriptions.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "subscriptions";
constexpr std::string_view version2 = "V\t2\n\n";
constexpr std::size_t max_bytes = 16u << 20;

std::string line_of(const MailboxName& name) {
    if (name.is_inbox()) return "INBOX";
    std::string line = name.folder().substr(1);
    std::ranges::replace(line, '.', '\t');
    return line;
}

Result<MailboxName> name_of(std::string_view line) {
    if (ascii::iequals(line, "INBOX")) return MailboxName();
    std::string folder = "." + std::string(line);
    std::ranges::replace(folder, '\t', '.');
    return MailboxName::from_folder(folder);
}

}  // namespace

Subscriptions Subscriptions::parse(std::string_view text) {
    Subscriptions subscriptions;
    const bool v2 = text.starts_with("V\t2\n");
    if (v2) text.remove_prefix(text.find('\n') + 1);
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        std::string folder(line);
        if (!v2) std::ranges::replace(folder, '.', '\t');
        subscriptions.folders_.push_back(std::move(folder));
    }
    return subscriptions;
}

std::string Subscriptions::text() const {
    std::string text(version2);
    for (const std::string& folder : folders_) text += folder + "\n";
    return text;
}

std::vector<MailboxName> Subscriptions::names() const {
    std::vector<MailboxName> names;
    for (const std::string& folder : folders_)
        if (Result<MailboxName> name = name_of(folder)) names.push_back(std::move(*name));
    return names;
}

bool Subscriptions::contains(const MailboxName& name) const {
    return std::ranges::find(folders_, line_of(name)) != folders_.end();
}

bool Subscriptions::add(const MailboxName& name) {
    if (contains(name)) return false;
    folders_.push_back(line_of(name));
    return true;
}

bool Subscriptions::remove(const MailboxName& name) { return std::erase(folders_, line_of(name)) != 0; }

Result<Subscriptions> read_subscriptions(int account_root) {
    const Result<UniqueFd> fd = open_in(account_root, file_name, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) return Subscriptions();
    if (!fd) return fail(fd.error());
    const Result<std::string> text = read_all(fd->get(), max_bytes);
    if (!text) return fail(text.error());
    return Subscriptions::parse(*text);
}

Result<> write_subscriptions(int account_root, const Subscriptions& subscriptions) {
    return replace_file(account_root, file_name, subscriptions.text());
}

}  // namespace posthouse::storage
