// The log: one line per event, as text or JSON, with the id of its session and typed fields. A client cannot forge a
// line: control characters, quotes and invalid UTF-8 are escaped wherever they come from.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::log {

enum class Level { debug, info, warning, error };

struct Settings {
    std::string program;          ///< e.g. "imapd"
    std::string path;             ///< file to append to; empty: standard error
    bool json = false;
    Level level = Level::info;    ///< lines below it are dropped
};

/// Opens the log of this process; called again, it reopens (after rotation). Before the first call lines go to
/// standard error. Thread-safe from then on.
Result<> open(const Settings& settings);

/// A named value of a line: user=…, size=….
struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    template <std::integral T>
    Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

/// Writes one line. `session` is the id of the connection or transaction, or empty.
void write(Level level, std::string_view session, std::string_view message, Fields fields = {});
inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, {}, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, {}, message, fields); }
inline void warning(std::string_view message, Fields fields = {}) { write(Level::warning, {}, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, {}, message, fields); }

/// The log of one session: puts its id on every line.
class SessionLog {
  public:
    explicit SessionLog(std::string id) : id_(std::move(id)) {}
    const std::string& id() const { return id_; }
    void debug(std::string_view message, Fields fields = {}) const { write(Level::debug, id_, message, fields); }
    void info(std::string_view message, Fields fields = {}) const { write(Level::info, id_, message, fields); }
    void warning(std::string_view message, Fields fields = {}) const { write(Level::warning, id_, message, fields); }
    void error(std::string_view message, Fields fields = {}) const { write(Level::error, id_, message, fields); }

  private:
    std::string id_;
};

/// `text` as it may stand in a line between quotes: \\ \" \n \r \t, \xNN for other controls (Unicode's too), bad UTF-8.
std::string escape(std::string_view text);
/// The line without its end, as `write` would make it; for tests.
std::string format_line(bool json, Level level, std::string_view time, std::string_view program,
                        std::string_view session, std::string_view message, Fields fields);

}  // namespace posthouse::log
