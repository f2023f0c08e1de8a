// SessionTable: the sessions of clients that run in this process, whose they are, and how they are ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "lib/daemon/daemon.h"

namespace posthouse::daemon {

/// Belongs to the loop's thread.
class SessionTable {
    struct Row {
        Connection* connection;
        std::chrono::system_clock::time_point since;
    };

  public:
    /// `background` is joined while this lives, after `stopping` was cancelled. A session that is kicked may take
    /// `patience` to say good-bye.
    SessionTable(net::Scope& background, net::Event& stopping,
                 std::chrono::milliseconds patience = std::chrono::seconds(5))
        : background_(background), stopping_(stopping), patience_(patience) {}
    SessionTable(const SessionTable&) = delete;
    SessionTable& operator=(const SessionTable&) = delete;

    /// Keeps a connection in the table for as long as it lives.
    class Entry {
      public:
        Entry(SessionTable& table, Connection& connection);
        ~Entry() { table_.rows_.erase(at_); }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

      private:
        SessionTable& table_;
        std::list<Row>::iterator at_;
    };

    std::size_t size() const { return rows_.size(); }
    void drain();
    void cancel();
    /// A JSON array of {"listener", "client", "user" (empty before a log-in), "since" (seconds since 1970), "session"}.
    std::string to_json() const;
    /// Ends the sessions of `user`, or of everybody in a `@domain`: politely, and after a while in any case. How many.
    std::size_t kick(std::string_view user);

  private:
    static net::Async<> cancel_kicked(SessionTable* table);

    net::Scope& background_;
    net::Event& stopping_;
    const std::chrono::milliseconds patience_;
    std::list<Row> rows_;
};

}  // namespace posthouse::daemon
