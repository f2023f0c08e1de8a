// The effective user and groups, changed and changed back.
#include "cli/mail_owner.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace posthouse::cli {
namespace {

/// The group, and those that the system's files give the user: one of them may be there for the key of TLS.
std::vector<gid_t> groups_of(uid_t user, gid_t group) {
    const passwd* const entry = ::getpwuid(user);
    if (entry == nullptr) return {group};
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(entry->pw_name, group, groups.data(), &count) < 0) {
        groups.resize(static_cast<std::size_t>(std::max(count, 1)));
        if (::getgrouplist(entry->pw_name, group, groups.data(), &count) < 0) return {group};
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

}  // namespace

Result<ActingAsOwner> ActingAsOwner::of_mail(const config::Config& config, const std::string& account_folder) {
    ActingAsOwner acting;
    struct stat st{};
    if (::geteuid() != 0) return acting;
    for (const std::string& folder : {config.general.mail_root, config.general.state_folder, account_folder}) {
        st = {};
        if (::stat(folder.c_str(), &st) != 0 && errno != ENOENT) return fail_errno("stat " + folder, errno);
        if (st.st_uid != 0) break;
    }
    if (st.st_uid == 0) return acting;
    acting.groups_.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(acting.groups_.size()), acting.groups_.data());
    acting.groups_.resize(static_cast<std::size_t>(std::max(count, 0)));
    acting.group_ = ::getegid();
    acting.acting_ = true;
    const std::vector<gid_t> owners = groups_of(st.st_uid, st.st_gid);
    if (::setgroups(owners.size(), owners.data()) != 0 || ::setegid(st.st_gid) != 0 || ::seteuid(st.st_uid) != 0)
        return fail_errno("become the mail's owner", errno);
    return acting;
}

ActingAsOwner::~ActingAsOwner() {
    if (!acting_) return;
    // Who can't have its own rights back goes no further with others'.
    if (::seteuid(0) != 0 || ::setegid(group_) != 0 || ::setgroups(groups_.size(), groups_.data()) != 0) ::_exit(1);
}

}  // namespace posthouse::cli
