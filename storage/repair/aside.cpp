// Moving and copying into posthouse-aside/, by descriptors and without following links.
#include "storage/repair/aside.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/fd.h"
#include "lib/base/random.h"
#include "storage/folder.h"
#include "storage/trees.h"

namespace posthouse::storage {
namespace {

constexpr const char* folder_name = "posthouse-aside";
constexpr std::size_t max_name_bytes = 255;

/// Opens a folder, made where it is missing, and durable.
Result<UniqueFd> open_or_make(int parent, const std::string& name) {
    for (bool again = true;; again = false) {
        Result<UniqueFd> folder = open_in(parent, name, O_RDONLY | O_DIRECTORY);
        if (folder || folder.error().code != ErrorCode::not_found || !again) return folder;
        if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("mkdir " + name, errno);
        if (Result<> synced = sync_fd(parent, "folder of " + name); !synced) return fail(synced.error());
    }
}

/// The name, then names like it.
std::string name_for_try(const std::string& name, int number) {
    if (number == 0) return name;
    const std::string ending = "." + random_hex(4);
    return name.substr(0, max_name_bytes - ending.size()) + ending;
}

}  // namespace

Aside::Aside(int account, std::string_view below) : account_(account), mailbox_(below) {
    // ".Work.Open" and Work/Open alike.
    std::ranges::replace(mailbox_, '/', '.');
    mailbox_.erase(0, mailbox_.find_first_not_of('.'));
    if (mailbox_.empty()) mailbox_ = "INBOX";
    if (mailbox_.size() > max_name_bytes) mailbox_.resize(max_name_bytes);
}

struct Aside::Place {
    UniqueFd folder;
    std::string path;
};

Result<Aside::Place> Aside::open_place(std::string_view part) const {
    // Not "cur": nothing here is to look like a Maildir.
    const std::string from = "from-" + std::string(part);
    Result<UniqueFd> folder = open_or_make(account_, folder_name);
    if (folder) folder = open_or_make(folder->get(), mailbox_);
    if (folder) folder = open_or_make(folder->get(), from);
    if (!folder) return fail(folder.error());
    return Place{std::move(*folder), std::string(folder_name) + "/" + mailbox_ + "/" + from + "/"};
}

Result<std::string> Aside::move(int folder, const std::string& name, std::string_view part) const {
    const Result<Place> place = open_place(part);
    if (!place) return fail(place.error());
    constexpr int tries = 10;
    for (int i = 0; i < tries; ++i) {
        const std::string to = name_for_try(name, i);
        if (::renameat2(folder, name.c_str(), place->folder.get(), to.c_str(), RENAME_NOREPLACE) == 0) {
            if (Result<> synced = sync_fd(place->folder.get(), folder_name); !synced) return fail(synced.error());
            if (Result<> synced = sync_fd(folder, "folder of " + name); !synced) return fail(synced.error());
            return place->path + to;
        }
        if (errno != EEXIST) return fail_errno("move aside " + name, errno);
    }
    return fail(ErrorCode::exists, "There is no free name to move it aside", name);
}

Result<std::string> Aside::keep(int folder, const std::string& name) const {
    const Result<Place> place = open_place("files");
    if (!place) return fail(place.error());
    constexpr int tries = 10;
    for (int i = 0; i < tries; ++i) {
        const std::string to = name_for_try(name, i);
        const Result<> linked = link_or_copy(folder, name, place->folder.get(), to);
        if (linked) {
            if (Result<> synced = sync_fd(place->folder.get(), folder_name); !synced) return fail(synced.error());
            return place->path + to;
        }
        if (linked.error().code != ErrorCode::exists) return fail(linked.error());
    }
    return fail(ErrorCode::exists, "There is no free name to keep it under", name);
}

}  // namespace posthouse::storage
