// What differs between the engines' CREATE and ALTER statements.
#include "auth/directory/dialect.h"

namespace posthouse::auth {
namespace {

std::string translated(Engine engine, std::string_view word) {
    const bool sqlite = engine == Engine::sqlite;
    if (word == "id") return sqlite ? "INTEGER PRIMARY KEY" : "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY";
    if (word == "integer") return sqlite ? "INTEGER" : "BIGINT";
    if (word == "now") return sqlite ? "DEFAULT (unixepoch())" : "DEFAULT (unix_timestamp())";
    if (word == "if_missing") return sqlite ? "" : "IF NOT EXISTS";
    if (word == "table") return sqlite ? "" : " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin";
    if (word.starts_with("text:")) return sqlite ? "TEXT" : "VARCHAR(" + std::string(word.substr(5)) + ")";
    return {};
}

}  // namespace

std::string in_dialect(Engine engine, std::string_view definition) {
    std::string out;
    while (!definition.empty()) {
        const auto open = definition.find('{');
        out += definition.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = definition.find('}', open);
        out += translated(engine, definition.substr(open + 1, close - open - 1));
        definition.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace posthouse::auth
