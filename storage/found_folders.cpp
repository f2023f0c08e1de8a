// Looking through an account's folder: one level of Maildir++, or the tree of the fs layout.
#include "storage/found_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_folders = 100'000;

struct Entry {
    std::string name;
    bool is_folder = false;  ///< or a link to one
    bool is_link = false;
};

/// What lies in an open folder. Part of it is not taken for the whole: mailboxes would be missing from a RENAME.
Result<std::vector<Entry>> entries_in(int parent) {
    Result<UniqueFd> folder = open_in(parent, ".", O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    DIR* stream = ::fdopendir(folder->get());
    if (stream == nullptr) return fail_errno("read account's folder", errno);
    folder->release();
    std::vector<Entry> found;
    for (errno = 0; const dirent* entry = ::readdir(stream); errno = 0) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        unsigned char type = entry->d_type;
        struct stat st{};
        if (type == DT_UNKNOWN && ::fstatat(parent, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISLNK(st.st_mode) ? DT_LNK : DT_REG;
        const bool is_link = type == DT_LNK;
        const bool leads = is_link && ::fstatat(parent, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
        found.push_back({std::string(name), type == DT_DIR || leads, is_link});
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return fail_errno("readdir account's folder", error);
    return found;
}

/// Walks through the tree of the fs layout.
class TreeWalk {
  public:
    TreeWalk(int root, const Layout& layout) : root_(root), layout_(layout) {}

    Result<std::vector<FoundFolder>> run() {
        if (Result<> entered = enter("", 0); !entered) return fail(entered.error());
        // Grows while links lead to more of them.
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const auto [path, depth] = links_[i];
            if (Result<> entered = enter(path, depth); !entered) return fail(entered.error());
        }
        return std::move(found_);
    }

  private:
    /// `depth`: levels of `path`; "" is the account's folder.
    Result<> enter(const std::string& path, std::size_t depth) {
        const Result<UniqueFd> folder = open_in(root_, path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
        // Removed meanwhile, or nobody's to look into.
        if (!folder && (folder.error().code == ErrorCode::not_found || folder.error().code == ErrorCode::denied))
            return {};
        if (!folder) return fail(folder.error());
        struct stat st{};
        if (::fstat(folder->get(), &st) != 0) return fail_errno("stat " + path, errno);
        if (!entered_.emplace(st.st_dev, st.st_ino).second) return {};
        if (Result<MailboxName> name = layout_.name(path); name && !name->is_inbox()) {
            if (found_.size() == max_folders) return fail(ErrorCode::limit, "Too many mailboxes");
            const int cur = ::fstatat(folder->get(), "cur", &st, 0);
            // Not known is not a parent only: a mailbox would be missing.
            if (cur != 0 && errno != ENOENT && errno != EACCES && errno != ELOOP)
                return fail_errno("stat " + path + "/cur", errno);
            found_.push_back({std::move(*name), cur == 0 && S_ISDIR(st.st_mode)});
        }
        if (depth == max_levels) return {};
        Result<std::vector<Entry>> entries = entries_in(folder->get());
        if (!entries) return fail(entries.error());
        std::ranges::sort(*entries, {}, &Entry::name);
        for (const Entry& entry : *entries) {
            const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
            if (!entry.is_folder || !layout_.may_lead_to_mailboxes(below)) continue;
            if (entry.is_link)
                links_.emplace_back(below, depth + 1);
            else if (Result<> entered = enter(below, depth + 1); !entered)
                return entered;
        }
        return {};
    }

    int root_;
    const Layout& layout_;
    std::vector<FoundFolder> found_;
    std::set<std::pair<dev_t, ino_t>> entered_;
    std::vector<std::pair<std::string, std::size_t>> links_;  ///< entered when all real folders were
};

Result<std::vector<std::string>> entries_below(int root, const std::string& place, bool own) {
    const Result<UniqueFd> folder = open_in(root, place, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    const Result<std::vector<Entry>> entries = entries_in(folder->get());
    if (!entries) return fail(entries.error());
    std::vector<std::string> names;
    for (const Entry& entry : *entries)
        if ((!entry.is_folder || is_reserved(entry.name)) == own) names.push_back(entry.name);
    return names;
}

}  // namespace

Result<std::vector<FoundFolder>> find_folders(int root, const Layout& layout) {
    if (layout.is_nested()) return TreeWalk(root, layout).run();
    const Result<std::vector<Entry>> entries = entries_in(root);
    if (!entries) return fail(entries.error());
    std::vector<FoundFolder> found;
    for (const Entry& entry : *entries) {
        if (!entry.is_folder) continue;
        Result<MailboxName> name = layout.name(entry.name);
        if (!name) continue;
        if (found.size() == max_folders) return fail(ErrorCode::limit, "Too many mailboxes");
        found.push_back({std::move(*name)});
    }
    return found;
}

Result<std::vector<MailboxName>> find_mailboxes(int root, const Layout& layout) {
    Result<std::vector<FoundFolder>> folders = find_folders(root, layout);
    if (!folders) return fail(folders.error());
    std::vector<MailboxName> names;
    for (FoundFolder& folder : *folders)
        if (folder.is_mailbox) names.push_back(std::move(folder.name));
    names.emplace_back();
    return names;
}

Result<std::vector<std::string>> own_entries(int root, const std::string& place) {
    return entries_below(root, place, true);
}

Result<std::vector<std::string>> child_folders(int root, const std::string& place) {
    return entries_below(root, place, false);
}

}  // namespace posthouse::storage
