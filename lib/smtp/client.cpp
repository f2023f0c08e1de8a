// What an SMTP or LMTP client says and learns.
#include "lib/smtp/client.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/smtp/date_time.h"
#include "lib/smtp/limits.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

/// Mechanisms or attributes of one server that are kept, and the length of each.
constexpr std::size_t max_words = 32;
constexpr std::size_t max_word = 64;

/// One line of the reply: a keyword in upper case, and what follows it.
struct Keyword {
    std::string word;
    std::string_view arguments;
    std::vector<std::string_view> words;  ///< of the arguments, at most max_words
};

Keyword split_keyword(std::string_view line) {
    Keyword out;
    // "AUTH=LOGIN", as servers from before the standard write it.
    if (ascii::istarts_with(line, "AUTH=")) {
        out.word = "AUTH";
        out.arguments = line.substr(5);
    } else {
        const std::size_t space = std::min(line.find(' '), line.size());
        out.word = ascii::upper(line.substr(0, std::min(space, max_word)));
        out.arguments = line.substr(space);
    }
    for (const std::string_view word : ascii::split(out.arguments, ' ')) {
        if (!word.empty() && out.words.size() < max_words) out.words.push_back(word);
    }
    return out;
}

void add_words(const Keyword& keyword, std::vector<std::string>& out) {
    for (const std::string_view word : keyword.words) {
        if (word.size() > max_word || out.size() == max_words) continue;
        std::string upper = ascii::upper(word);
        if (std::ranges::find(out, upper) == out.end()) out.push_back(std::move(upper));
    }
}

/// The number that is the first argument; 0 when there is none.
std::uint64_t number_of(const Keyword& keyword) {
    return keyword.words.empty() ? 0 : ascii::parse_number(keyword.words.front()).value_or(0);
}

std::optional<FutureReleaseLimits> future_release_of(const Keyword& keyword) {
    if (keyword.words.size() < 2) return std::nullopt;
    const std::uint64_t interval = number_of(keyword);
    const auto time = parse_date_time(keyword.words[1]);
    if (interval == 0 || interval > static_cast<std::uint64_t>(max_interval) || !time) return std::nullopt;
    return FutureReleaseLimits{static_cast<std::int64_t>(interval), *time};
}

struct Switch {
    std::string_view word;
    bool Capabilities::* offered;
};
constexpr std::array<Switch, 10> switches{{
    {"PIPELINING", &Capabilities::pipelining},
    {"8BITMIME", &Capabilities::eightbitmime},
    {"ENHANCEDSTATUSCODES", &Capabilities::enhanced_status},
    {"SMTPUTF8", &Capabilities::smtputf8},
    {"STARTTLS", &Capabilities::starttls},
    {"DSN", &Capabilities::dsn},
    {"CHUNKING", &Capabilities::chunking},
    {"BINARYMIME", &Capabilities::binarymime},
    {"REQUIRETLS", &Capabilities::requiretls},
    {"MT-PRIORITY", &Capabilities::mt_priority},
}};

void take_keyword(const Keyword& keyword, Capabilities& out) {
    const auto row = std::ranges::find(switches, keyword.word, &Switch::word);
    if (row != switches.end()) out.*(row->offered) = true;
    if (keyword.word == "SIZE") out.size = number_of(keyword);
    if (keyword.word == "AUTH") add_words(keyword, out.auth);
    if (keyword.word == "XFORWARD") add_words(keyword, out.xforward);
    if (keyword.word == "LIMITS") out.limits = parse_limits(keyword.arguments);
    if (keyword.word == "FUTURERELEASE") out.future_release = future_release_of(keyword);
    if (keyword.word == "DELIVERBY") {
        const std::uint64_t least = number_of(keyword);
        out.deliver_by = least <= static_cast<std::uint64_t>(max_interval) ? static_cast<std::int64_t>(least) : 0;
    }
    if (keyword.word == "MT-PRIORITY" && !keyword.words.empty()) {
        out.priority_profile = ascii::upper(keyword.words.front().substr(0, max_word));
    }
}

/// The first word of the greeting.
std::string name_in(std::string_view line) {
    std::string name(line.substr(0, std::min({line.find(' '), line.size(), max_domain})));
    std::ranges::replace_if(name, [](char c) { return ascii::is_control(c) || ascii::is_8bit(c); }, '?');
    return name;
}

}  // namespace

bool Capabilities::accepts_auth(std::string_view mechanism) const {
    return std::ranges::find(auth, mechanism) != auth.end();
}

bool Capabilities::accepts_xforward(std::string_view attribute) const {
    return std::ranges::find(xforward, attribute) != xforward.end();
}

Offered Capabilities::offered() const {
    return {.size = size.has_value(),
            .eightbitmime = eightbitmime,
            .auth = !auth.empty(),
            .smtputf8 = smtputf8,
            .dsn = dsn,
            .binarymime = binarymime && chunking,
            .requiretls = requiretls,
            .futurerelease = future_release.has_value(),
            .deliverby = deliver_by.has_value(),
            .mt_priority = mt_priority};
}

Capabilities parse_capabilities(const Reply& reply) {
    Capabilities out;
    if (!reply.lines.empty()) out.name = name_in(reply.lines.front());
    for (std::size_t i = 1; i < reply.lines.size(); ++i) take_keyword(split_keyword(reply.lines[i]), out);
    return out;
}

std::string mail_command(const ReversePath& sender, const MailParameters& parameters,
                         const Capabilities& capabilities) {
    return "MAIL FROM:" + to_path(sender) + write_mail_parameters(parameters, capabilities.offered()) + "\r\n";
}

std::string rcpt_command(const Mailbox& recipient, const RcptParameters& parameters, const Capabilities& capabilities) {
    return "RCPT TO:" + recipient.to_path() + write_rcpt_parameters(parameters, capabilities.offered()) + "\r\n";
}

std::string bdat_command(std::uint64_t size, bool last) {
    return "BDAT " + std::to_string(size) + (last ? " LAST\r\n" : "\r\n");
}

std::pair<std::string, int> xforward_commands(const std::vector<std::pair<std::string, std::string>>& attributes,
                                              const Capabilities& capabilities) {
    std::string out;
    std::string line;
    int lines = 0;
    const auto flush = [&] {
        if (line.empty()) return;
        out.append("XFORWARD").append(line).append("\r\n");
        line.clear();
        ++lines;
    };
    for (const auto& [name, value] : attributes) {
        if (!capabilities.accepts_xforward(name)) continue;
        // 150 bytes of a value keep the line below its bound even if each of them is escaped.
        const std::string encoded =
            value.empty() ? "[UNAVAILABLE]" : encode_xtext(std::string_view(value).substr(0, 150));
        if (line.size() + name.size() + encoded.size() + 12 > max_command_line) flush();
        line.append(" ").append(name).append("=").append(encoded);
    }
    flush();
    return {std::move(out), lines};
}

}  // namespace posthouse::smtp
