// Trace fields (RFC 5321 §4.4).
#include "lib/smtp/trace.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "lib/base/ascii.h"
#include "lib/smtp/date_time.h"

namespace posthouse::smtp {
namespace {

/// What a stranger said, fit to stand in a header: at most 255 characters of those that names and literals have.
std::string harmless(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 255)) {
        out += ascii::is_alnum(c) || std::string_view(".-_:[]").contains(c) ? c : '?';
    }
    return out.empty() ? "unknown" : out;
}

/// TCP-info: "[192.0.2.1]" or "[IPv6:2001:db8::1]".
std::string literal(std::string_view address) {
    return std::string(address.contains(':') ? "[IPv6:" : "[") + harmless(address) + "]";
}

}  // namespace

std::string with_protocol(const Transmission& transmission) {
    std::string out;
    if (transmission.utf8) {
        out = transmission.lmtp ? "UTF8LMTP" : "UTF8SMTP";
    } else {
        out = transmission.lmtp ? "LMTP" : transmission.extended ? "ESMTP" : "SMTP";
    }
    if (!transmission.extended && !transmission.lmtp) return out;  // HELO has neither STARTTLS nor AUTH
    if (transmission.tls) out += 'S';
    if (transmission.authenticated) out += 'A';
    return out;
}

std::string received_field(const Received& received) {
    std::string out = "Received: from " + harmless(received.helo);
    if (!received.client_address.empty()) {
        out += " (";
        if (!received.client_name.empty()) out += harmless(received.client_name) + " ";
        out += literal(received.client_address) + ")";
    }
    if (!received.tls_version.empty()) {
        out += "\r\n\t(using " + harmless(received.tls_version) + " with cipher " + harmless(received.tls_cipher) + ")";
    }
    out += "\r\n\tby " + harmless(received.by) + " with " + with_protocol(received.transmission);
    if (!received.id.empty()) out += " id " + harmless(received.id);
    if (!received.recipient.empty()) {
        std::string recipient = received.recipient;
        std::ranges::replace_if(recipient, ascii::is_control, '?');
        out += "\r\n\tfor <" + recipient + ">";
    }
    return out + ";\r\n\t" + format_date(received.time, received.utc_offset_minutes) + "\r\n";
}

std::string return_path_field(const ReversePath& sender) { return "Return-Path: " + to_path(sender) + "\r\n"; }

std::string format_date(std::int64_t time, int utc_offset_minutes) {
    using namespace std::chrono;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr int day_minutes = 24 * 60;
    const int offset = std::clamp(utc_offset_minutes, 1 - day_minutes, day_minutes - 1);
    const std::int64_t offset_seconds = std::int64_t{60} * offset;
    const std::int64_t local =
        std::clamp(std::clamp(time, year_0, year_10000 - 1) + offset_seconds, year_0, year_10000 - 1);
    const sys_seconds moment{seconds(local)};
    const sys_days day = floor<std::chrono::days>(moment);
    const year_month_day date(day);
    const hh_mm_ss clock(moment - day);
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%s, %u %s %04d %02d:%02d:%02d %c%02d%02d",
                                     days.at(weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                                     months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                                     static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                     static_cast<int>(clock.seconds().count()), offset < 0 ? '-' : '+',
                                     (offset < 0 ? -offset : offset) / 60, (offset < 0 ? -offset : offset) % 60);
    return {text.data(), static_cast<std::size_t>(length)};
}

void ReceivedCounter::feed(std::string_view content) {
    constexpr std::string_view name = "Received:";
    std::size_t at = 0;
    while (!in_body_ && at < content.size()) {
        const std::size_t lf = content.find('\n', at);
        const std::size_t end = std::min(lf, content.size());
        if (line_.size() <= name.size())
            line_ += content.substr(at, std::min(end - at, name.size() + 1 - line_.size()));
        if (lf == std::string_view::npos) return;
        in_body_ = line_.empty() || line_ == "\r";
        if (ascii::istarts_with(line_, name)) ++count_;
        line_.clear();
        at = lf + 1;
    }
}

}  // namespace posthouse::smtp
