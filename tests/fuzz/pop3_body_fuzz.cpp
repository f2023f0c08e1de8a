// Any message in pieces of any size: the body of a multi-line reply decodes to the same lines, and only its end is a
// lone dot; TOP in pieces is TOP at once.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/pop3/dot_stuffing.h"
#include "lib/pop3/top.h"

namespace {

using namespace posthouse::pop3;

std::string encode(std::string_view message, std::size_t piece) {
    DotStuffer stuffer;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece) stuffer.encode(message.substr(at, piece), out);
    stuffer.finish(out);
    return out;
}

/// What a client makes of a multi-line body: lines up to the lone dot, unstuffed.
std::string decode(std::string_view wire) {
    std::string message;
    while (true) {
        const std::size_t end = wire.find('\n');
        if (end == std::string_view::npos || end == 0 || wire[end - 1] != '\r') std::abort();
        std::string_view line = wire.substr(0, end - 1);
        wire.remove_prefix(end + 1);
        if (line == ".") break;
        if (line.starts_with('.')) line.remove_prefix(1);
        message.append(line).append("\n");
    }
    if (!wire.empty()) std::abort();
    return message;
}

/// The message with LF for each CRLF, and an LF at its end.
std::string with_lf(std::string_view message) {
    std::string result;
    for (std::size_t i = 0; i < message.size(); ++i) {
        const bool last = i + 1 == message.size();
        if (message[i] == '\r' && (last || message[i + 1] == '\n')) {
            if (last) result += '\n';
            continue;
        }
        result += message[i];
    }
    if (!result.empty() && result.back() != '\n') result += '\n';
    return result;
}

std::string top(std::string_view message, std::uint64_t lines, std::size_t piece) {
    TopLimit limit(lines);
    std::string out;
    for (std::size_t at = 0; at < message.size() && !limit.done(); at += piece) {
        const std::string_view bytes = message.substr(at, piece);
        out += bytes.substr(0, limit.take(bytes));
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece = data[0] % 16 + 1;
    const std::uint64_t lines = data[1];
    const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::string whole = encode(message, message.size() + 1);
    if (encode(message, piece) != whole) std::abort();
    if (decode(whole) != with_lf(message)) std::abort();
    const std::string start = top(message, lines, message.size() + 1);
    if (top(message, lines, piece) != start || !message.starts_with(start)) std::abort();
    return 0;
}
