// The log: formatting and escaping of lines; spdlog writes them.
#include "lib/base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "lib/base/ascii.h"

namespace posthouse::log {
namespace {

struct State {
    std::mutex mutex;
    Settings settings;
    std::shared_ptr<spdlog::logger> logger;
};

State& state() {
    static State instance;
    return instance;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "error";
}

std::string now_text() {
    const auto now = std::chrono::system_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

std::shared_ptr<spdlog::logger> make_logger(const Settings& settings) {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (settings.path.empty())
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.path);
    auto logger = std::make_shared<spdlog::logger>(settings.program, std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    return logger;
}

/// Octets of the character that valid UTF-8 `text` begins with, if it steers what shows the log: C1 controls (U+009B
/// begins an escape sequence), line and paragraph separators, controls of the writing direction. Else 0.
std::size_t steering_character(std::string_view text) {
    const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (octet(0) == 0xC2) return octet(1) < 0xA0 ? 2 : 0;
    if (octet(0) != 0xE2) return 0;
    const bool general =
        octet(1) == 0x80 && (octet(2) == 0x8E || octet(2) == 0x8F || (octet(2) >= 0xA8 && octet(2) <= 0xAE));
    const bool isolates = octet(1) == 0x81 && octet(2) >= 0xA6 && octet(2) <= 0xA9;
    return general || isolates ? 3 : 0;
}

std::string hex(std::string_view octets) {
    std::string out;
    for (const char c : octets) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return out;
}

bool is_plain(std::string_view value) {
    if (value.empty()) return false;
    for (const char c : value)
        if (ascii::is_control(c) || ascii::is_8bit(c) || c == ' ' || c == '"' || c == '\\' || c == '=') return false;
    return true;
}

}  // namespace

Result<> open(const Settings& settings) {
    State& s = state();
    try {
        auto logger = make_logger(settings);
        const std::scoped_lock lock(s.mutex);
        s.settings = settings;
        s.logger = std::move(logger);
        return {};
    } catch (const spdlog::spdlog_ex& problem) {
        return fail(ErrorCode::io, "Cannot open the log file", problem.what());
    }
}

std::string escape(std::string_view text) {
    std::string out;
    const bool utf8 = ascii::is_utf8(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t steering = utf8 ? steering_character(text.substr(i)) : 0;
        if (steering > 0) {
            out += hex(text.substr(i, steering));
            i += steering - 1;
        } else if (c == '\\' || c == '"') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (ascii::is_control(c) || (ascii::is_8bit(c) && !utf8)) {
            out += hex({&c, 1});
        } else {
            out += c;
        }
    }
    return out;
}

namespace {

std::string as_value(std::string_view text) { return is_plain(text) ? std::string(text) : '"' + escape(text) + '"'; }

// JSON knows no \x: an escaped text goes through once more as ordinary characters where it must.
std::string json_string(std::string_view text) {
    std::string out = "\"";
    const bool utf8 = ascii::is_utf8(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t steering = utf8 ? steering_character(text.substr(i)) : 0;
        if (steering > 0) {
            for (const char part : text.substr(i, steering)) out += '\\' + hex({&part, 1});
            i += steering - 1;
        } else if (c == '\\' || c == '"') {
            out += '\\';
            out += c;
        } else if (ascii::is_control(c)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else if (ascii::is_8bit(c) && !utf8) {
            out += '\\' + hex({&c, 1});
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace

std::string format_line(bool json, Level level, std::string_view time, std::string_view program,
                        std::string_view session, std::string_view message, Fields fields) {
    if (json) {
        std::string line = fmt::format(R"({{"time":"{}","program":{},"pid":{},"level":"{}")", time,
                                       json_string(program), ::getpid(), name_of(level));
        if (!session.empty()) line += ",\"session\":" + json_string(session);
        line += ",\"message\":" + json_string(message);
        for (const Field& field : fields) line += "," + json_string(field.key) + ":" + json_string(field.value);
        return line + "}";
    }
    std::string line = fmt::format("{} {}[{}]: {}: ", time, program, ::getpid(), name_of(level));
    if (!session.empty()) line += as_value(session) + ": ";
    line += escape(message);
    for (const Field& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        line += as_value(field.value);
    }
    return line;
}

void write(Level level, std::string_view session, std::string_view message, Fields fields) {
    State& s = state();
    std::shared_ptr<spdlog::logger> logger;
    Settings settings;
    {
        const std::scoped_lock lock(s.mutex);
        if (level < s.settings.level) return;
        if (!s.logger) s.logger = make_logger(s.settings);
        logger = s.logger;
        settings = s.settings;
    }
    logger->log(spdlog::level::info, spdlog::string_view_t(format_line(settings.json, level, now_text(),
                                                                       settings.program, session, message, fields)));
}

}  // namespace posthouse::log
