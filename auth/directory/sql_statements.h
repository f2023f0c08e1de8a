// SqlStatements: changes, lists and look-ups in the directory's tables, each one prepared statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/directory/connection.h"
#include "auth/directory/lookup_queries.h"

namespace posthouse::auth {

/// A connection to the directory's tables, shared by what works on them.
class SqlStatements {
  public:
    SqlStatements(std::unique_ptr<Connection> connection, Tables tables)
        : connection_(std::move(connection)), tables_(tables) {}

    Connection& connection() { return *connection_; }
    const Connection& connection() const { return *connection_; }

    /// Errors: unsupported (the tables belong to another program).
    Result<> require_own_tables() const {
        if (tables_ == Tables::posthouse) return {};
        return fail(ErrorCode::unsupported,
                    "The tables of the directory belong to another program (directory.tables): change them there");
    }

    /// Runs one changing statement about `what` ("User joe@example.org"); `bind` is given the statement. Errors:
    /// exists; not_found, when no row was changed.
    template <typename Bind>
    Result<> change(std::string_view sql, const std::string& what, Bind bind) {
        if (const Result<> own = require_own_tables(); !own) return own;
        Result<Statement> statement = connection_->prepare(sql);
        if (!statement) return fail(statement.error());
        bind(*statement);
        const Result<std::int64_t> changed = statement->run();
        if (!changed && changed.error().code == ErrorCode::exists)
            return fail(ErrorCode::exists, what + " already exists");
        if (!changed) return fail(changed.error());
        if (*changed == 0) return fail(ErrorCode::not_found, what + " does not exist");
        return {};
    }

    /// Every row of a query, as `read` makes it from the statement.
    template <typename T, typename Bind, typename Read>
    Result<std::vector<T>> list(std::string_view sql, Bind bind, Read read) {
        if (const Result<> own = require_own_tables(); !own) return fail(own.error());
        Result<Statement> query = connection_->prepare(sql);
        if (!query) return fail(query.error());
        bind(*query);
        std::vector<T> rows;
        for (;;) {
            const Result<bool> row = query->step();
            if (!row) return fail(row.error());
            if (!*row) return rows;
            rows.push_back(read(*query));
        }
    }

    /// Runs a look-up; `take` is given each row, until it says false.
    template <typename Take>
    Result<> each(const config::LookupQuery& lookup, std::string_view key, Take take) {
        if (lookup.empty()) return {};
        const std::vector<std::string> values = lookup.values(key);
        Result<Statement> query = connection_->prepare(lookup.sql());
        if (!query) return fail(query.error());
        for (const std::string& value : values) query->bind(value);
        for (;;) {
            const Result<bool> row = query->step();
            if (!row) return fail(row.error());
            if (!*row) return {};
            const Result<bool> more = take(std::as_const(*query));
            if (!more) return fail(more.error());
            if (!*more) return {};
        }
    }

    /// Whether a look-up gives a row.
    Result<bool> any(const config::LookupQuery& lookup, std::string_view key);
    /// The texts in the first column, at most `limit`; one that lists several, separated by commas or spaces, counts as
    /// these.
    Result<std::vector<std::string>> column(const config::LookupQuery& lookup, std::string_view key, std::size_t limit);
    /// The first of them.
    Result<std::optional<std::string>> first(const config::LookupQuery& lookup, std::string_view key);

  private:
    std::unique_ptr<Connection> connection_;
    Tables tables_;
};

}  // namespace posthouse::auth
