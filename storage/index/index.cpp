// Opening, making and forgetting the environments of accounts.
#include "storage/index/index.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <list>
#include <map>
#include <mutex>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/folder.h"
#include "storage/index/fault_guard.h"
#include "storage/index/index_state.h"
#include "storage/moved.h"
#include "storage/trees.h"

namespace posthouse::storage {
namespace {

constexpr unsigned max_readers = 1024;
/// Environments kept open beyond those in use: about 47 KiB and 3 descriptors each.
constexpr std::size_t kept_open = 256;
constexpr std::uint64_t least_map_bytes = 1u << 20;

/// All environments of this process: LMDB forbids opening one twice, and using one in a child of the process that
/// opened it. A child begins with none; what it inherited stays open, for closing it would end locks of its own.
class OpenIndexes {
  public:
    static OpenIndexes& instance() {
        static const int registered =
            ::pthread_atfork(nullptr, nullptr, [] { instance_.store(new OpenIndexes, std::memory_order_relaxed); });
        static_cast<void>(registered);
        return *instance_.load(std::memory_order_relaxed);
    }

    std::shared_ptr<Index> find(const std::string& folder) {
        std::shared_ptr<Index> index;  // its end, if this is the last owner, comes after the lock
        const std::scoped_lock guard(mutex_);
        const auto place = by_folder_.find(folder);
        if (place == by_folder_.end()) return nullptr;
        index = place->second->index;
        if (index->usable()) {
            recent_.splice(recent_.begin(), recent_, place->second);
            return index;
        }
        recent_.erase(place->second);
        by_folder_.erase(place);
        return nullptr;
    }

    void keep(const std::string& folder, const std::shared_ptr<Index>& index) {
        std::list<Kept> dropped;
        const std::scoped_lock guard(mutex_);
        recent_.push_front({folder, index});
        by_folder_[folder] = recent_.begin();
        if (recent_.size() <= kept_open) return;
        const auto last = std::prev(recent_.end());
        if (last->index.use_count() > 1) {
            // Closed now it could be opened a second time while somebody still uses it.
            recent_.splice(std::next(recent_.begin()), recent_, last);
            return;
        }
        by_folder_.erase(last->folder);
        dropped.splice(dropped.begin(), recent_, last);
    }

    void drop(const std::string& folder) {
        std::list<Kept> dropped;
        const std::scoped_lock guard(mutex_);
        const auto place = by_folder_.find(folder);
        if (place == by_folder_.end()) return;
        dropped.splice(dropped.begin(), recent_, place->second);
        by_folder_.erase(place);
    }

    /// Held while one is opened: two threads must not open the same.
    std::mutex& opening() { return opening_; }

  private:
    struct Kept {
        std::string folder;
        std::shared_ptr<Index> index;
    };
    static std::atomic<OpenIndexes*> instance_;
    std::mutex opening_;
    std::mutex mutex_;
    std::list<Kept> recent_;
    std::map<std::string, std::list<Kept>::iterator> by_folder_;
};

std::atomic<OpenIndexes*> OpenIndexes::instance_ = new OpenIndexes;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

Result<IndexState> read_state(const std::string& folder) {
    const Result<std::string> text = read_file(folder + "/STATE", 4096);
    if (!text) return fail(text.error());
    std::optional<IndexState> state = parse_index_state(*text);
    if (!state) return fail(ErrorCode::invalid, "STATE makes no sense");
    return std::move(*state);
}

/// Empty: the index may be believed, or there is none. `data`: of data.mdb; nullptr: it isn't there.
std::string why_not_believed(const std::string& index_root, const Result<IndexState>& state, const struct stat* data) {
    if (!state) return data != nullptr ? "it has no STATE" : "";
    if (state->version != index_version) return "it is of version " + std::to_string(state->version);
    if (data == nullptr || state->device != data->st_dev || state->inode != data->st_ino)
        return "it was copied or marked";
    if (state->boot_id != current_boot_id() && !ended_cleanly(index_root, state->boot_id))
        return "the machine didn't stop in an orderly way";
    return {};
}

Result<> write_state(const std::string& folder, std::uint64_t map_bytes) {
    struct stat st{};
    if (::stat((folder + "/data.mdb").c_str(), &st) != 0) return fail_errno("stat data.mdb", errno);
    const IndexState state{
        .boot_id = current_boot_id(), .device = st.st_dev, .inode = st.st_ino, .map_bytes = map_bytes};
    const Result<UniqueFd> root = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    return replace_file(root->get(), "STATE", to_text(state));
}

/// LMDB makes its table of readers sparse and writes it through a map: on a disk that is full that ends the process.
Result<> reserve_lock_file(int folder) {
    constexpr std::int64_t lock_bytes = 8 << 10;  // its head, and more readers than an account has at one time
    const Result<UniqueFd> file = open_in(folder, "lock.mdb", O_RDWR | O_CREAT, 0600);
    if (!file) return fail(file.error());
    struct stat st{};
    if (::fstat(file->get(), &st) != 0) return fail_errno("stat lock.mdb", errno);
    if (st.st_blocks * 512 >= lock_bytes) return {};
    // Its size stays LMDB's. A file system that can't reserve is left to itself.
    if (::fallocate(file->get(), FALLOC_FL_KEEP_SIZE, 0, lock_bytes) == 0 || errno == EOPNOTSUPP) return {};
    return fail_errno("reserve lock.mdb", errno);
}

}  // namespace

std::unexpected<Error> fail_index(std::string_view what, int code) {
    const std::string detail = std::string(what) + ": " + mdb_strerror(code);
    if (code > 0) return fail_errno("index: " + detail, code);
    const bool is_full = code == MDB_MAP_FULL || code == MDB_TXN_FULL;
    return fail(is_full ? ErrorCode::no_space : ErrorCode::io, "Mailbox index can't be used", detail);
}

Result<std::shared_ptr<Index>> Index::get(const IndexPlace& place) {
    OpenIndexes& all = OpenIndexes::instance();
    if (std::shared_ptr<Index> index = all.find(place.folder)) return index;
    const std::scoped_lock opening(all.opening());
    if (std::shared_ptr<Index> index = all.find(place.folder)) return index;
    constexpr int tries = 5;
    for (int left = tries;; --left) {
        Result<std::shared_ptr<Index>> opened = open_or_make(place);
        if (opened) all.keep(place.folder, *opened);
        if (opened || opened.error().code != ErrorCode::not_found) return opened;
        // Deleted this moment. Nobody is to take that for a mailbox that is gone.
        if (left == 1) return fail(ErrorCode::busy, "Mailbox is busy", opened.error().detail);
    }
}

Result<IndexCondition> Index::look(const IndexPlace& place) {
    struct stat st{};
    IndexCondition condition;
    if (::stat((place.folder + "/data.mdb").c_str(), &st) == 0) {
        constexpr std::uint64_t block = 512;
        condition.is_there = true;
        condition.bytes = static_cast<std::uint64_t>(st.st_blocks) * block;
    } else if (errno != ENOENT && errno != ENOTDIR) {
        return fail_errno("stat " + place.folder, errno);
    }
    condition.why_not_believed = why_not_believed(parent_of(parent_of(place.folder)), read_state(place.folder),
                                                  condition.is_there ? &st : nullptr);
    if (condition.is_there && condition.why_not_believed.empty()) condition.why_not_believed = why_unreadable(place);
    return condition;
}

/// What LMDB says against an index when it begins to read it; empty: nothing.
std::string Index::why_unreadable(const IndexPlace& place) {
    OpenIndexes& all = OpenIndexes::instance();
    const std::scoped_lock opening(all.opening());
    std::shared_ptr<Index> index = all.find(place.folder);
    if (!index) {
        index.reset(new Index(place));
        if (Result<> opened = index->open(); !opened) return opened.error().message();
    }
    const Result<MDB_txn*> txn = index->begin(MDB_RDONLY);
    if (!txn) return txn.error().message();
    mdb_txn_abort(*txn);
    return {};
}

Result<std::shared_ptr<Index>> Index::open_or_make(const IndexPlace& place) {
    const std::string parent = parent_of(place.folder);
    if (Result<> made = make_folders(parent); !made) return fail(made.error());
    const Result<UniqueFd> parent_fd = open_file(parent, O_RDONLY | O_DIRECTORY);
    if (!parent_fd) return fail(parent_fd.error());
    const Result<FileLock> lock = FileLock::take(parent_fd->get(), std::chrono::seconds(10));
    if (!lock) return fail(lock.error());
    const std::string index_root = parent_of(parent);
    if (Result<> noted = note_use(index_root); !noted) return fail(noted.error());

    std::uint64_t map_bytes = std::max(place.map_bytes, least_map_bytes);
    const Result<IndexState> state = read_state(place.folder);
    if (state) map_bytes = std::max(map_bytes, state->map_bytes);
    struct stat st{};
    const bool is_there = ::stat((place.folder + "/data.mdb").c_str(), &st) == 0;
    std::string why = why_not_believed(index_root, state, is_there ? &st : nullptr);
    IndexPlace sized = place;
    sized.map_bytes = map_bytes;
    if (state && why.empty()) {
        if (state->boot_id != current_boot_id())
            if (Result<> written = write_state(place.folder, map_bytes); !written) return fail(written.error());
        std::shared_ptr<Index> index(new Index(sized));
        const Result<> opened = index->open();
        if (opened) return index;
        if (opened.error().code != ErrorCode::io) return fail(opened.error());
        why = opened.error().message();
    }
    if (!why.empty()) log::warning("index is made anew", {{"index", place.folder}, {"reason", why}});

    // A session that outlives its account's name makes no second index.
    const Result<bool> is_gone = has_moved(place.account_root);
    if (!is_gone) return fail(is_gone.error());
    if (*is_gone) return fail(ErrorCode::not_found, "Mailbox has moved", place.account_root);
    const Result<std::uint64_t> base = next_modseq_base(place.account_root);
    if (!base) return fail(base.error());
    const std::string building = place.folder + "." + random_hex(8) + ".new";
    const std::string old = place.folder + "." + random_hex(8) + ".old";
    const auto make = [&]() -> Result<> {
        if (::mkdir(building.c_str(), 0700) != 0) return fail_errno("mkdir " + building, errno);
        IndexPlace fresh = sized;
        fresh.folder = building;
        Index index(fresh);
        if (Result<> opened = index.open(); !opened) return opened;
        MDB_txn* txn = nullptr;
        if (const int code = mdb_txn_begin(index.env_, nullptr, 0, &txn); code != 0) return fail_index("begin", code);
        std::uint64_t modseq = *base;
        MDB_val key{6, const_cast<char*>("modseq")};
        MDB_val value{sizeof modseq, &modseq};
        const int put = mdb_put(txn, index.tables_.meta, &key, &value, 0);
        if (put != 0) mdb_txn_abort(txn);
        if (put != 0) return fail_index("write the base", put);
        if (const int code = mdb_txn_commit(txn); code != 0) return fail_index("commit the base", code);
        return write_state(building, map_bytes);
    };
    Result<> made = make();
    if (made && ::rename(place.folder.c_str(), old.c_str()) != 0 && errno != ENOENT)
        made = fail_errno("rename " + place.folder, errno);
    if (made && ::rename(building.c_str(), place.folder.c_str()) != 0) made = fail_errno("rename " + building, errno);
    if (!remove_tree(building) || !remove_tree(old))
        log::warning("what is left of an old index can't be removed", {{"index", place.folder}});
    if (!made) return fail(made.error());
    std::shared_ptr<Index> index(new Index(sized));
    if (Result<> opened = index->open(); !opened) return fail(opened.error());
    return index;
}

Result<> Index::open() {
    Result<UniqueFd> folder = open_file(place_.folder, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    folder_ = std::move(*folder);
    if (const int code = mdb_env_create(&env_); code != 0) return fail_index("create", code);
    const InIndex guard(folder_.get());
    mdb_env_set_userctx(env_, this);
    // LMDB ends the process when its pages make no sense to it: the mark comes first.
    mdb_env_set_assert(env_, [](MDB_env* env, const char* what) {
        static_cast<Index*>(mdb_env_get_userctx(env))->mark_damaged(what);
    });
    mdb_env_set_maxdbs(env_, 16);
    mdb_env_set_maxreaders(env_, max_readers);
    if (const int code = mdb_env_set_mapsize(env_, place_.map_bytes); code != 0) return fail_index("map size", code);
    if (Result<> reserved = reserve_lock_file(folder_.get()); !reserved) return reserved;
    if (const int code = mdb_env_open(env_, place_.folder.c_str(), MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600);
        code != 0)
        return fail_index("open", code);
    int dead = 0;
    mdb_reader_check(env_, &dead);
    MDB_envinfo info{};
    mdb_env_info(env_, &info);
    guard_slot_ = guard_map(info.me_mapaddr, info.me_mapsize, folder_.get());
    const Result<std::uint64_t> limit = promised_modseq(place_.account_root);
    if (!limit) return fail(limit.error());
    modseq_limit_ = *limit;
    return open_tables();
}

Result<> Index::open_tables() {
    MDB_txn* txn = nullptr;
    if (const int code = mdb_txn_begin(env_, nullptr, 0, &txn); code != 0) return fail_index("begin", code);
    const auto table = [&](const char* name, MDB_dbi& dbi) { return mdb_dbi_open(txn, name, MDB_CREATE, &dbi); };
    int code = table("meta", tables_.meta);
    if (code == 0) code = table("mailboxes", tables_.mailboxes);
    if (code == 0) code = table("flags", tables_.flags);
    if (code == 0) code = table("files", tables_.files);
    if (code == 0) code = table("absent", tables_.absent);
    if (code == 0) code = table("changes", tables_.changes);
    if (code == 0) code = table("summaries", tables_.summaries);
    if (code == 0) code = table("tree", tables_.tree);
    if (code == 0) code = table("log", tables_.log);
    if (code == 0) code = table("further", tables_.further);
    if (code == 0) code = table("strays", tables_.strays);
    if (code == 0) code = table("names", tables_.names);
    if (code == 0) code = table("given", tables_.given);
    if (code != 0) mdb_txn_abort(txn);
    if (code == 0) code = mdb_txn_commit(txn);
    return code == 0 ? Result<>{} : fail_index("open tables", code);
}

Index::~Index() {
    if (env_ == nullptr) return;
    unguard_map(guard_slot_);
    mdb_env_close(env_);
}

Result<MDB_txn*> Index::begin(unsigned flags) {
    const InIndex guard(folder_.get());
    MDB_txn* txn = nullptr;
    const int code = mdb_txn_begin(env_, nullptr, flags, &txn);
    if (code == 0) return txn;
    // An environment that couldn't write its pages once is of no more use to this process. No map is ever resized:
    // whoever says so has pages that were overwritten.
    for (const int fatal :
         {MDB_PANIC, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_VERSION_MISMATCH, MDB_MAP_RESIZED})
        if (code == fatal) mark_damaged(mdb_strerror(code));
    return fail_index("begin", code);
}

Result<> Index::remove(const IndexPlace& place) {
    OpenIndexes& all = OpenIndexes::instance();
    const std::scoped_lock opening(all.opening());
    all.drop(place.folder);
    const std::string old = place.folder + "." + random_hex(8) + ".old";
    if (::rename(place.folder.c_str(), old.c_str()) != 0) {
        if (errno == ENOENT) return {};
        return fail_errno("rename " + place.folder, errno);
    }
    return remove_tree(old);
}

bool Index::usable() const {
    if (damaged_.load(std::memory_order_relaxed)) return false;
    mdb_filehandle_t file = -1;
    struct stat st{};
    return mdb_env_get_fd(env_, &file) == 0 && ::fstat(file, &st) == 0 && st.st_nlink > 0;
}

void Index::mark_damaged(std::string_view why) {
    if (damaged_.exchange(true)) return;
    log::error("index is damaged, it is made anew", {{"index", place_.folder}, {"reason", why}});
    ::unlinkat(folder_.get(), "STATE", 0);
}

void Index::mark_full() {
    if (damaged_.exchange(true)) return;
    log::warning("index is full, it is made anew with more room", {{"index", place_.folder}});
    // No such inode: not believed, but its size is.
    const IndexState state{.boot_id = current_boot_id(), .map_bytes = 2 * place_.map_bytes};
    if (!replace_file(folder_.get(), "STATE", to_text(state))) ::unlinkat(folder_.get(), "STATE", 0);
}

Result<> Index::raise_modseq_limit(std::uint64_t reached) {
    const Result<std::uint64_t> limit = promise_modseq(place_.account_root, reached);
    if (!limit) return fail(limit.error());
    modseq_limit_ = *limit;
    return {};
}

}  // namespace posthouse::storage
