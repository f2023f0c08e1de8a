// A walk through all folders, and what each would be called if the tree were another's.
#include "storage/repair/unserved.h"

#include <algorithm>

#include "storage/beneath.h"
#include "storage/found_folders.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_found = 100;
/// Folders looked into: a tree without end keeps nobody waiting.
constexpr std::size_t max_entered = 100'000;

/// The folder where a mailbox of the same name would be in this layout.
std::string right_place(const std::string& below, const Layout& layout) {
    for (const Hierarchy hierarchy : {Hierarchy::maildirpp, Hierarchy::fs})
        for (const Spelling spelling : {Spelling::utf7, Spelling::utf8}) {
            const Result<MailboxName> name = Layout(hierarchy, spelling).name(below);
            const Result<std::string> folder = name ? layout.folder(*name) : fail(name.error());
            if (folder && !folder->empty() && *folder != below) return *folder;
        }
    return {};
}

class Walk {
  public:
    Walk(int root, const Layout& layout) : root_(root), layout_(layout) {}

    Result<std::vector<UnservedFolder>> run() {
        if (Result<> entered = enter("", 0); !entered) return fail(entered.error());
        return std::move(found_);
    }

  private:
    Result<> enter(const std::string& path, std::size_t depth) {
        if (depth == max_levels || ++entered_ > max_entered || found_.size() == max_found) return {};
        Result<std::vector<std::string>> names = child_folders(root_, path.empty() ? "." : path);
        if (!names) return {};  // removed meanwhile, or nobody's to look into
        std::ranges::sort(*names);
        for (const std::string& name : *names) {
            const std::string below = path.empty() ? name : path + "/" + name;
            if (is_reserved(name)) continue;
            const bool is_maildir = is_folder_in(root_, below + "/cur");
            const bool is_served = static_cast<bool>(layout_.name(below));
            if (is_maildir && !is_served && found_.size() < max_found)
                found_.push_back({below, right_place(below, layout_)});
            if (Result<> entered = enter(below, depth + 1); !entered) return entered;
        }
        return {};
    }

    int root_;
    const Layout& layout_;
    std::size_t entered_ = 0;
    std::vector<UnservedFolder> found_;
};

}  // namespace

Result<std::vector<UnservedFolder>> find_unserved(int root, const Layout& layout) { return Walk(root, layout).run(); }

}  // namespace posthouse::storage
