// Rights as the kernel sees them, owners and modes as people do.
#include "storage/repair/access.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace posthouse::storage {
namespace {

std::string user_name(uid_t user) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const bool is_known = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return is_known ? std::string(found->pw_name) : std::to_string(user);
}

}  // namespace

std::optional<std::string> access_problem(int folder, const std::string& name, const std::string& path) {
    struct stat st{};
    if (::fstatat(folder, name.c_str(), &st, 0) != 0) return std::nullopt;
    const bool is_folder = S_ISDIR(st.st_mode);
    const int wanted = R_OK | W_OK | (is_folder ? X_OK : 0);
    if (::faccessat(folder, name.c_str(), wanted, AT_EACCESS) == 0 || errno != EACCES) return std::nullopt;
    const uid_t self = ::geteuid();
    if (st.st_uid != self)
        return "belongs to " + user_name(st.st_uid) + ", the server's mail to " + user_name(self) + ": chown " +
               (is_folder ? "-R " : "") + user_name(self) + " " + path;
    return std::string("its mode keeps its owner out: chmod u+rw") + (is_folder ? "x " : " ") + path;
}

std::string reason(const Error& error) {
    if (error.code != ErrorCode::io && error.code != ErrorCode::denied) return error.message();
    const std::size_t colon = error.detail.rfind(": ");
    return colon == std::string::npos ? error.text : error.detail.substr(colon + 2);
}

}  // namespace posthouse::storage
