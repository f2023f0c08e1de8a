// Archives with libarchive.
#include "cli/mail_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <vector>

#include "cli/progress.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "storage/beneath.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_depth = 64;  // of folders in folders: IMAP's hierarchy is less deep

struct Entry {
    std::string path;  ///< below mail_root
    bool is_folder;
};

/// Folders before what lies in them.
Result<> collect(int root, const std::string& path, std::size_t depth, std::vector<Entry>& entries) {
    if (depth == max_depth) return fail(ErrorCode::limit, "Folders lie too deep", path);
    Result<UniqueFd> folder = storage::open_in(root, path, O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().code == ErrorCode::not_found) return {};
    if (!folder) return fail(folder.error());
    entries.push_back({path, true});
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(folder->get()), ::closedir);
    if (!stream) return fail_errno("read " + path, errno);
    folder->release();
    std::vector<Entry> found;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        struct stat st{};
        const bool is_known = ::fstatat(::dirfd(stream.get()), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
        if (name != "." && name != ".." && is_known && (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
            found.push_back({path + "/" + name, S_ISDIR(st.st_mode)});
        errno = 0;
    }
    if (errno != 0) return fail_errno("read " + path, errno);
    std::ranges::sort(found, {}, &Entry::path);
    for (Entry& entry : found) {
        if (!entry.is_folder)
            entries.push_back(std::move(entry));
        else if (Result<> collected = collect(root, entry.path, depth + 1, entries); !collected)
            return collected;
    }
    return {};
}

/// By the end of the file's name. libarchive's own guess takes other formats than tar, and no .zst. False: none is
/// known.
bool set_format(archive* into, std::string_view file) {
    int filter = ARCHIVE_FATAL;
    if (file.ends_with(".tar"))
        filter = ARCHIVE_OK;
    else if (file.ends_with(".tar.zst"))
        filter = ::archive_write_add_filter_zstd(into);
    else if (file.ends_with(".tar.gz") || file.ends_with(".tgz"))
        filter = ::archive_write_add_filter_gzip(into);
    else if (file.ends_with(".tar.xz"))
        filter = ::archive_write_add_filter_xz(into);
    return filter >= ARCHIVE_WARN && ::archive_write_set_format_pax_restricted(into) == ARCHIVE_OK;
}

class Archive {
  public:
    explicit Archive(int fd) : archive_(::archive_write_new()), fd_(fd) {}
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    ~Archive() { ::archive_write_free(archive_); }

    Result<> open(const std::string& name) {
        if (!set_format(archive_, name)) return failed();
        return done(::archive_write_open_fd(archive_, fd_));
    }
    Result<> add(const std::string& path, const struct stat& st) {
        const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(),
                                                                             ::archive_entry_free);
        ::archive_entry_copy_stat(entry.get(), &st);
        ::archive_entry_set_nlink(entry.get(), 1);
        ::archive_entry_set_pathname(entry.get(), path.c_str());
        return done(::archive_write_header(archive_, entry.get()));
    }
    Result<> write(std::string_view bytes) {
        return ::archive_write_data(archive_, bytes.data(), bytes.size()) < 0 ? failed() : Result<>{};
    }
    Result<> close() { return done(::archive_write_close(archive_)); }

  private:
    Result<> done(int code) { return code >= ARCHIVE_WARN ? Result<>{} : failed(); }
    Result<> failed() {
        const char* text = ::archive_error_string(archive_);
        const bool is_full = ::archive_errno(archive_) == ENOSPC;
        return fail(is_full ? ErrorCode::no_space : ErrorCode::io, "Archive could not be written",
                    text != nullptr ? text : "");
    }

    archive* archive_;
    int fd_;
};

Result<> add_file(Archive& archive, int root, const std::string& path) {
    const Result<UniqueFd> file = storage::open_in(root, path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return {};  // expunged meanwhile
    if (!file) return fail(file.error());
    struct stat st{};
    if (::fstat(file->get(), &st) != 0) return fail_errno("stat " + path, errno);
    if (Result<> added = archive.add(path, st); !added) return added;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t count = ::read(file->get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read " + path, errno);
        if (count == 0) return {};
        if (Result<> written = archive.write({buffer.data(), static_cast<std::size_t>(count)}); !written)
            return written;
    }
}

Result<> fill(Context& context, const ArchiveOrder& order, int fd) {
    Archive archive(fd);
    if (Result<> opened = archive.open(order.file); !opened) return opened;
    struct stat st{};
    st.st_mode = S_IFREG | 0600;
    st.st_size = static_cast<off_t>(order.document.size());
    st.st_mtime = std::time(nullptr);
    if (Result<> added = archive.add("directory.json", st); !added) return added;
    if (Result<> written = archive.write(order.document); !written) return written;

    std::vector<Entry> entries;
    const Result<UniqueFd> root = open_file(order.mail_root, O_RDONLY | O_DIRECTORY);
    if (!root && root.error().code != ErrorCode::not_found) return fail(root.error());
    if (root)
        if (Result<> collected = collect(root->get(), order.folder, 0, entries); !collected) return collected;
    Progress progress(context, "Archiving " + order.folder);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        if (!entry.is_folder) {
            if (Result<> added = add_file(archive, root->get(), entry.path); !added) return added;
        } else if (const Result<struct stat> folder = storage::stat_in(root->get(), entry.path); folder) {
            if (Result<> added = archive.add(entry.path, *folder); !added) return added;
        }
        progress.update(i + 1, entries.size());
    }
    return archive.close();
}

}  // namespace

Result<> check_archive_name(const std::string& file) {
    const std::unique_ptr<archive, int (*)(archive*)> tried(::archive_write_new(), ::archive_write_free);
    if (set_format(tried.get(), file)) return {};
    return fail(ErrorCode::invalid,
                "The archive's name tells no format: let it end with .tar.zst, .tar.gz, .tar.xz or .tar", file);
}

Result<> write_archive(Context& context, const ArchiveOrder& order) {
    const Result<UniqueFd> file = open_file(order.file, O_WRONLY | O_CREAT | O_EXCL);
    if (!file) return fail(file.error());
    Result<> written = fill(context, order, file->get());
    if (written && ::fsync(file->get()) != 0) written = fail_errno("sync " + order.file, errno);
    if (written) {
        const std::filesystem::path parent = std::filesystem::path(order.file).parent_path();
        written = sync_folder(parent.empty() ? "." : parent.string());
    }
    if (!written) ::unlink(order.file.c_str());
    return written;
}

}  // namespace posthouse::cli
