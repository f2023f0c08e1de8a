// SessionTable: who is connected.
#include "lib/daemon/session_table.h"

#include <nlohmann/json.hpp>

namespace posthouse::daemon {
namespace {

bool is_meant(const std::string& user, std::string_view whom) {
    if (user.empty() || whom.empty()) return false;
    return whom.front() == '@' ? user.ends_with(whom) : user == whom;
}

}  // namespace

SessionTable::Entry::Entry(SessionTable& table, Connection& connection)
    : table_(table), at_(table.rows_.insert(table.rows_.end(), Row{&connection, std::chrono::system_clock::now()})) {}

void SessionTable::drain() {
    for (const Row& row : rows_) row.connection->stream.drain();
}

void SessionTable::cancel() {
    for (const Row& row : rows_) row.connection->stream.cancel();
}

std::string SessionTable::to_json() const {
    nlohmann::json sessions = nlohmann::json::array();
    for (const auto& [connection, since] : rows_) {
        sessions.push_back(
            {{"listener", connection->listener},
             {"client", connection->peer.to_string()},
             {"user", connection->user},
             {"since", std::chrono::duration_cast<std::chrono::seconds>(since.time_since_epoch()).count()},
             {"session", connection->log.id()}});
    }
    return sessions.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::size_t SessionTable::kick(std::string_view user) {
    std::size_t count = 0;
    for (const Row& row : rows_) {
        Connection& connection = *row.connection;
        if (!is_meant(connection.user, user)) continue;
        connection.kicked = true;
        connection.stream.drain();
        connection.log.info("session ended by the administrator", {{"user", connection.user}});
        ++count;
    }
    if (count > 0) background_.spawn(&SessionTable::cancel_kicked, this);
    return count;
}

net::Async<> SessionTable::cancel_kicked(SessionTable* table) {
    const Result<> stopped = co_await table->stopping_.wait(net::Deadline::in(table->patience_));
    if (stopped || stopped.error().code != ErrorCode::timeout) co_return;
    for (const Row& row : table->rows_) {
        if (row.connection->kicked) row.connection->stream.cancel();
    }
}

}  // namespace posthouse::daemon
