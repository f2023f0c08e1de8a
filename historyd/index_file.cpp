// One SQLite file of the index.
#include "historyd/index_file.h"

#include <algorithm>

namespace posthouse::history {
namespace {

// Lines are kept as they came. `key` leads from the hash of a key to the chunks that hold such events; so there are few
// rows, and they are small: a message's events stand close to each other.
constexpr const char* tables = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS chunk (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    lines TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS chunk_time ON chunk (last, first);
CREATE TABLE IF NOT EXISTS key (
    hash INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (hash, chunk)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment (
    name TEXT PRIMARY KEY,
    octets INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
)sql";
static_assert(schema_version == 1);

/// A statement that gives no rows.
template <typename... Values>
Result<> run(Database& database, std::string_view sql, Values... values) {
    Result<Statement> statement = database.prepare(sql);
    if (!statement) return fail(statement.error());
    (statement->bind(values), ...);
    const Result<bool> done = statement->step();
    if (!done) return fail(done.error());
    return {};
}

}  // namespace

Result<IndexFile> IndexFile::create(const std::string& path) {
    Result<Database> database = Database::open(path, Database::Open::create);
    if (!database) return fail(database.error());
    const Result<std::int64_t> version = database->number("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version > schema_version) return fail(ErrorCode::unsupported, "The index is of a later version", path);
    // synchronous = NORMAL: after a power failure the last moments may be missing; whole transactions, with their
    // offsets.
    for (const char* setting :
         {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA journal_size_limit = 4194304"})
        if (Result<> set = database->execute(setting); !set) return fail(set.error());
    if (*version < schema_version) {
        const Result<> made = database->execute(tables);
        if (!made) return fail(made.error());
    }
    return IndexFile(std::move(*database));
}

Result<IndexFile> IndexFile::open(const std::string& path, Database::Open how) {
    Result<Database> database = Database::open(path, how);
    if (!database) return fail(database.error());
    const Result<std::int64_t> version = database->number("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version == 0) return fail(ErrorCode::not_found, "The index was never begun", path);
    if (*version != schema_version) return fail(ErrorCode::unsupported, "The index is of another version", path);
    return IndexFile(std::move(*database));
}

Result<> IndexFile::insert(const Chunk& chunk) {
    if (chunk.events == 0) return {};
    Result<> done = run(database_, "INSERT INTO chunk (first, last, lines) VALUES (?, ?, ?)", chunk.first, chunk.last,
                        std::string_view(chunk.lines));
    if (!done) return done;
    const Result<std::int64_t> number = database_.number("SELECT last_insert_rowid()");
    if (!number) return fail(number.error());
    for (const std::int64_t key : chunk.keys) {
        done = run(database_, "INSERT INTO key (hash, chunk) VALUES (?, ?)", key, *number);
        if (!done) return done;
    }
    return {};
}

Result<> IndexFile::add(const Chunk& chunk, std::string_view segment, std::uint64_t offset) {
    Result<> done = database_.execute("BEGIN IMMEDIATE");
    if (done) done = insert(chunk);
    if (done)
        done = run(database_,
                   "INSERT INTO segment VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET octets = excluded.octets",
                   segment, static_cast<std::int64_t>(offset));
    if (done) done = database_.execute("COMMIT");
    if (!done) database_.roll_back();
    return done;
}

Result<> IndexFile::forget(std::string_view segment) {
    return run(database_, "DELETE FROM segment WHERE name = ?", segment);
}

Result<> IndexFile::checkpoint() { return database_.execute("PRAGMA wal_checkpoint(PASSIVE)"); }

Result<std::map<std::string, std::uint64_t, std::less<>>> IndexFile::offsets() {
    std::map<std::string, std::uint64_t, std::less<>> all;
    Result<Statement> statement = database_.prepare("SELECT name, octets FROM segment");
    if (!statement) return fail(statement.error());
    for (;;) {
        const Result<bool> row = statement->step();
        if (!row) return fail(row.error());
        if (!*row) return all;
        all.emplace(statement->text(0), static_cast<std::uint64_t>(statement->number(1)));
    }
}

Result<> IndexFile::hold_still() {
    // The snapshot is taken by the first look.
    Result<> begun = database_.execute("BEGIN; SELECT count(*) FROM segment");
    return begun;
}

Result<std::int64_t> IndexFile::first() { return database_.number("SELECT first FROM chunk ORDER BY number LIMIT 1"); }

Result<std::int64_t> IndexFile::last() { return database_.number("SELECT max(last) FROM chunk"); }

Result<std::vector<std::int64_t>> IndexFile::chunks_with(const std::vector<std::string>& keys) {
    std::vector<std::int64_t> numbers;
    for (const std::string& key : keys) {
        Result<Statement> statement = database_.prepare("SELECT chunk FROM key WHERE hash = ?");
        if (!statement) return fail(statement.error());
        statement->bind(hash_of(key));
        for (;;) {
            const Result<bool> row = statement->step();
            if (!row) return fail(row.error());
            if (!*row) break;
            numbers.push_back(statement->number(0));
        }
    }
    std::ranges::sort(numbers, std::ranges::greater());
    const auto again = std::ranges::unique(numbers);
    numbers.erase(again.begin(), again.end());
    return numbers;
}

Result<> IndexFile::find(const std::vector<std::string>& keys, std::int64_t since, std::int64_t until,
                         const std::function<bool(std::string_view)>& call) {
    if (keys.empty()) {
        Result<Statement> statement =
            database_.prepare("SELECT lines FROM chunk WHERE last >= ? AND first <= ? ORDER BY last DESC");
        if (!statement) return fail(statement.error());
        statement->bind(since).bind(until);
        for (;;) {
            const Result<bool> row = statement->step();
            if (!row) return fail(row.error());
            if (!*row || !call(statement->text(0))) return {};
        }
    }
    const Result<std::vector<std::int64_t>> numbers = chunks_with(keys);
    if (!numbers) return fail(numbers.error());
    for (const std::int64_t number : *numbers) {
        Result<Statement> statement =
            database_.prepare("SELECT lines FROM chunk WHERE number = ? AND last >= ? AND first <= ?");
        if (!statement) return fail(statement.error());
        statement->bind(number).bind(since).bind(until);
        const Result<bool> row = statement->step();
        if (!row) return fail(row.error());
        if (*row && !call(statement->text(0))) return {};
    }
    return {};
}

}  // namespace posthouse::history
