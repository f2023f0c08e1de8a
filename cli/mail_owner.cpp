// The effective user and group, changed and changed back.
#include "cli/mail_owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace posthouse::cli {

Result<ActingAsOwner> ActingAsOwner::of(const std::string& folder) {
    struct stat st{};
    if (::geteuid() != 0) return ActingAsOwner(false);
    if (::stat(folder.c_str(), &st) != 0) {
        if (errno == ENOENT) return ActingAsOwner(false);
        return fail_errno("stat " + folder, errno);
    }
    if (st.st_uid == 0) return ActingAsOwner(false);
    if (::setegid(st.st_gid) != 0) return fail_errno("setegid", errno);
    ActingAsOwner acting(true);
    if (::seteuid(st.st_uid) != 0) return fail_errno("seteuid", errno);
    return acting;
}

ActingAsOwner::~ActingAsOwner() {
    // Who can't become root again must not go on as if it were.
    if (acting_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
}

}  // namespace posthouse::cli
