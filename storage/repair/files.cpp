// What lies in new/ and cur/: files with names, sizes and content that fit, and what is no message.
#include <fcntl.h>
#include <sys/stat.h>

#include <unordered_map>

#include "lib/base/ascii.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"
#include "storage/repair/access.h"
#include "storage/repair/run.h"
#include "storage/store_state.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

std::string kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFDIR: return "is a folder";
        case S_IFLNK: return "is a symbolic link";
        case S_IFIFO: return "is a FIFO";
        case S_IFSOCK: return "is a socket";
        default: return "is a device";
    }
}

std::string place_of(bool fresh, const std::string& name) { return (fresh ? "new/" : "cur/") + name; }

}  // namespace

void MailboxRun::look_at_entries(bool fresh) {
    const Result<std::vector<std::string>> names = names_in(part(fresh));
    if (!names) return tell(FindingKind::unusable, fresh ? "new" : "cur", reason(names.error()));
    for (const std::string& name : *names) {
        struct stat st{};
        if (::fstatat(part(fresh), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;  // renamed or removed since
        if (!S_ISREG(st.st_mode)) {
            tell(FindingKind::foreign_entry, place_of(fresh, name), kind_of(st.st_mode),
                 move_aside(part(fresh), name, fresh ? "new" : "cur"));
        } else if (!is_message_name(name)) {
            Outcome outcome;
            if (run_.mends()) outcome = show(fresh, name);
            tell(FindingKind::hidden_message, place_of(fresh, name), "no session shows a file of this name", outcome);
        }
    }
}

void MailboxRun::read_files() {
    files_.clear();
    for (const bool fresh : {true, false}) {
        const Result<std::vector<std::string>> names =
            part(fresh) < 0 ? std::vector<std::string>() : message_names_in(part(fresh));
        if (!names) continue;  // told by look_at_entries
        for (const std::string& name : *names) {
            struct stat st{};
            if (is_message_name(name) && ::fstatat(part(fresh), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
                files_.push_back({name, fresh, static_cast<std::uint64_t>(st.st_size), {}});
        }
    }
}

Result<std::string> MailboxRun::show(bool fresh, const std::string& name) const {
    const Result<std::string> shown = give_own_name(part(fresh), name, run_.store().state().host());
    return shown ? "renamed to " + *shown : shown;
}

bool MailboxRun::look_for_doubles() {
    bool has_doubles = false;
    std::unordered_map<std::string_view, const SeenFile*> by_base;
    struct stat st{};
    for (const SeenFile& file : files_) {
        const auto [place, is_first] = by_base.emplace(base_of(file.name), &file);
        if (is_first) continue;
        // Both at once, or it was renamed while the folders were read.
        const SeenFile& other = *place->second;
        if (::fstatat(part(other.fresh), other.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        const ino_t inode = st.st_ino;
        if (::fstatat(part(file.fresh), file.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        const bool is_same = st.st_ino == inode;
        if (is_same && st.st_nlink < 2) continue;
        Outcome outcome;
        if (run_.mends()) outcome = is_same ? "one of the names is removed" : "one of them gets a name of its own";
        tell(FindingKind::double_name, place_of(file.fresh, file.name),
             "has the base name of " + place_of(other.fresh, other.name) + (is_same ? ", and is the same file" : ""),
             outcome);
        has_doubles = true;
    }
    return has_doubles;
}

void MailboxRun::look_at_sizes() {
    for (SeenFile& file : files_) {
        run_.count_file();
        const Result<MessageFile> opened = open_message_file(part(file.fresh), file.name);
        if (!opened && opened.error().code == ErrorCode::not_found) continue;  // renamed or removed since
        Result<> readable = opened ? Result<>{} : fail(opened.error());
        if (opened && run_.reads_contents()) {
            const Result<std::uint64_t> added = count_bare_lf(opened->fd.get());
            if (added) file.wire_size = file.size + *added;
            if (!added) readable = fail(added.error());
        }
        if (!readable) {
            tell_hindrance(part(file.fresh), file.name, place_of(file.fresh, file.name), readable.error(),
                           FindingKind::unreadable);
            continue;
        }
        if (is_right(file)) continue;
        Outcome outcome;
        if (run_.mends()) outcome = correct(file, opened->fd.get());
        tell(FindingKind::wrong_size, place_of(file.fresh, file.name),
             "has " + std::to_string(file.size) + " bytes" +
                 (file.wire_size ? ", " + std::to_string(*file.wire_size) + " with CRLF" : ""),
             outcome);
    }
}

bool MailboxRun::is_right(const SeenFile& file) const {
    const std::string_view base = base_of(file.name);
    const bool tells_size = base.find(",S=") != std::string_view::npos;
    const bool tells_wire = base.find(",W=") != std::string_view::npos;
    std::optional<std::uint64_t> size = size_in_name(base, 'S');
    std::optional<std::uint64_t> wire = size_in_name(base, 'W');
    if ((tells_size && !size) || (tells_wire && !wire)) return false;
    if (const auto line = lines_.find(std::string(base)); line != lines_.end()) {
        const auto in_line = [&](char key) -> std::optional<std::uint64_t> {
            const auto field = extra_in(line->second.extras, key);
            return field ? ascii::parse_number(*field) : std::nullopt;
        };
        if (!tells_size) size = in_line('S');
        if (!tells_wire) wire = in_line('W');
    }
    if (size && *size != file.size) return false;
    if (!wire) return true;
    return file.wire_size ? *wire == *file.wire_size : *wire >= file.size && *wire <= 2 * file.size;
}

Result<std::string> MailboxRun::correct(const SeenFile& file, int content) {
    std::uint64_t wire = file.wire_size.value_or(0);
    if (!file.wire_size) {
        const Result<std::uint64_t> added = count_bare_lf(content);
        if (!added) return fail(added.error());
        wire = file.size + *added;
    }
    const std::string base(base_of(file.name));
    std::string corrected = base_with_sizes(base, file.size, wire);
    constexpr std::size_t max_name_bytes = 255;
    if (corrected.size() + file.name.size() - base.size() > max_name_bytes)
        return fail(ErrorCode::limit, "its name is too long for right sizes");
    std::string done = "renamed to " + corrected + ", its UID stays";
    corrections_.emplace(base, std::move(corrected));
    return done;
}

}  // namespace posthouse::storage
