// Table transports.
#include "auth/directory/sql_transports.h"

namespace posthouse::auth {

Result<std::vector<Transport>> SqlTransports::list() {
    return statements_.list<Transport>(
        "SELECT source, transport, created_at FROM transports ORDER BY source", [](Statement&) {},
        [](const Statement& row) { return Transport{row.text(0), row.text(1), row.number(2)}; });
}

Result<> SqlTransports::add(std::string_view source, std::string_view transport) {
    return statements_.change("INSERT INTO transports (source, transport) VALUES (?, ?)",
                              "Transport for " + std::string(source),
                              [&](Statement& query) { query.bind(source).bind(transport); });
}

Result<> SqlTransports::remove(std::string_view source) {
    return statements_.change("DELETE FROM transports WHERE source = ?", "Transport for " + std::string(source),
                              [&](Statement& query) { query.bind(source); });
}

}  // namespace posthouse::auth
