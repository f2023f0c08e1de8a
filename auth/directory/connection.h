// Connection and Statement: SQL, whatever the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

namespace posthouse::auth {

enum class Engine { sqlite, mariadb };

/// A statement as an engine keeps it, prepared. Parameters and columns count from 0. What Statement says of the
/// functions holds here.
class PreparedStatement {
  public:
    virtual ~PreparedStatement() = default;
    virtual void bind(std::size_t parameter, std::string_view text) = 0;
    virtual void bind(std::size_t parameter, std::int64_t number) = 0;
    virtual void bind_null(std::size_t parameter) = 0;
    virtual Result<bool> step() = 0;
    virtual std::int64_t changed() const = 0;
    virtual std::size_t columns() const = 0;
    virtual std::string column_name(std::size_t column) const = 0;
    virtual std::int64_t number(std::size_t column) const = 0;
    virtual std::string text(std::size_t column) const = 0;
    virtual bool is_null(std::size_t column) const = 0;
    /// Forgets parameters and rows.
    virtual void reset() = 0;
    /// Whether it may be used again; otherwise it is prepared anew.
    virtual bool is_reusable() const { return true; }
};

/// A prepared statement in use: bound, stepped, and reset when this goes.
class Statement {
  public:
    explicit Statement(PreparedStatement& prepared) : prepared_(&prepared) {}
    Statement(Statement&& other) noexcept : prepared_(std::exchange(other.prepared_, nullptr)), bound_(other.bound_) {}
    Statement& operator=(Statement&&) = delete;
    ~Statement() {
        if (prepared_ != nullptr) prepared_->reset();
    }

    /// Binds the next parameter. The text must live until the last step.
    Statement& bind(std::string_view text) {
        prepared_->bind(bound_++, text);
        return *this;
    }
    Statement& bind(std::int64_t number) {
        prepared_->bind(bound_++, number);
        return *this;
    }
    Statement& bind_null() {
        prepared_->bind_null(bound_++);
        return *this;
    }
    /// true: there is a row; false: no more.
    Result<bool> step() { return prepared_->step(); }
    /// Steps a statement that gives no rows; how many rows it found to change.
    Result<std::int64_t> run() {
        const Result<bool> row = step();
        if (!row) return fail(row.error());
        return prepared_->changed();
    }
    std::size_t columns() const { return prepared_->columns(); }
    std::string column_name(std::size_t column) const { return prepared_->column_name(column); }
    /// 0 where the text is no number.
    std::int64_t number(std::size_t column) const { return prepared_->number(column); }
    std::string text(std::size_t column) const { return prepared_->text(column); }
    bool is_null(std::size_t column) const { return prepared_->is_null(column); }

  private:
    PreparedStatement* prepared_;
    std::size_t bound_ = 0;
};

/// One connection; used by one thread at a time. Errors of all operations: unavailable (the database is away, busy,
/// damaged, read-only), exists (a row that must be unique is there), no_space, internal (wrong SQL).
class Connection {
  public:
    virtual ~Connection() = default;
    virtual Engine engine() const = 0;

    /// Statements are prepared once and kept: `sql` is one of a fixed number of texts, and data is bound.
    Result<Statement> prepare(std::string_view sql);
    /// Runs a statement that has no parameters and no rows.
    virtual Result<> execute(const std::string& sql) = 0;
    /// The one number that a query gives; 0 when it gives no row.
    Result<std::int64_t> query_number(std::string_view sql);

    /// A reader takes its snapshot; a writer waits for its turn: one at a time, so that none has to give up in the
    /// middle.
    virtual Result<> begin(bool write) = 0;
    virtual Result<> commit() = 0;
    virtual void rollback() = 0;
    /// The connection to the server has ended: nothing will succeed any more.
    virtual bool is_lost() const { return false; }

  protected:
    virtual Result<std::unique_ptr<PreparedStatement>> compile(const std::string& sql) = 0;
    /// For destructors: statements go before their connection.
    void forget_statements() { statements_.clear(); }

  private:
    std::map<std::string, std::unique_ptr<PreparedStatement>, std::less<>> statements_;
};

}  // namespace posthouse::auth
