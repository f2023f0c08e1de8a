// Looking through an account's folder: one level of Maildir++, or the tree of the fs layout.
#include "storage/found_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_folders = 100'000;

struct Entry {
    std::string name;
    bool is_folder = false;
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
        found.push_back({std::string(name), type == DT_DIR, type == DT_LNK});
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
        if (Result<> entered = enter(root_, ".", "", 0); !entered) return fail(entered.error());
        return std::move(found_);
    }
    /// After run(): the links passed by.
    std::vector<std::string> links() { return std::move(links_); }

  private:
    /// `path`: of the folder `name` in `parent`, below the account's; `depth`: its levels. "" is the account's folder.
    Result<> enter(int parent, const std::string& name, const std::string& path, std::size_t depth) {
        const Result<UniqueFd> folder = open_in(parent, name, O_RDONLY | O_DIRECTORY);
        // Removed meanwhile, or nobody's to look into.
        if (!folder && (folder.error().code == ErrorCode::not_found || folder.error().code == ErrorCode::denied))
            return {};
        if (!folder) return fail(folder.error());
        if (Result<MailboxName> found = layout_.name(path); found && !found->is_inbox()) {
            if (found_.size() == max_folders) return fail(ErrorCode::limit, "Too many mailboxes");
            const Result<struct stat> cur = stat_in(folder->get(), "cur");
            // Not known is not a parent only: a mailbox would be missing.
            if (!cur && cur.error().code != ErrorCode::not_found && cur.error().code != ErrorCode::denied)
                return fail(cur.error());
            found_.push_back({std::move(*found), cur && S_ISDIR(cur->st_mode)});
        }
        if (depth == max_levels) return {};
        Result<std::vector<Entry>> entries = entries_in(folder->get());
        if (!entries) return fail(entries.error());
        std::ranges::sort(*entries, {}, &Entry::name);
        for (const Entry& entry : *entries) {
            const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
            if ((!entry.is_folder && !entry.is_link) || !layout_.may_lead_to_mailboxes(below)) continue;
            if (entry.is_link && links_.size() < max_folders) links_.push_back(below);
            if (!entry.is_folder) continue;
            if (Result<> entered = enter(folder->get(), entry.name, below, depth + 1); !entered) return entered;
        }
        return {};
    }

    int root_;
    const Layout& layout_;
    std::vector<FoundFolder> found_;
    std::vector<std::string> links_;
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

Result<std::vector<std::string>> find_links(int root, const Layout& layout) {
    if (layout.is_nested()) {
        TreeWalk walk(root, layout);
        const Result<std::vector<FoundFolder>> found = walk.run();
        return found ? Result<std::vector<std::string>>(walk.links()) : fail(found.error());
    }
    const Result<std::vector<Entry>> entries = entries_in(root);
    if (!entries) return fail(entries.error());
    std::vector<std::string> links;
    for (const Entry& entry : *entries)
        if (entry.is_link && links.size() < max_folders && layout.name(entry.name)) links.push_back(entry.name);
    return links;
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
