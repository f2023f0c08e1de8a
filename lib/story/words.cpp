// An event in words.
#include "lib/story/words.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "lib/base/ascii.h"
#include "lib/story/telling.h"

namespace posthouse::story {
namespace {

/// Puts a sentence together: each part with what leads to it, when there is one.
class Sentence {
  public:
    explicit Sentence(const Event& event, std::string begin) : event_(event), text_(std::move(begin)) {}
    /// The words, then the value of the field; nothing without a value.
    Sentence& with(std::string_view words, std::string_view name) {
        if (const std::string_view value = field(event_, name); !value.empty()) text_.append(words).append(value);
        return *this;
    }
    /// The same of a value that a stranger chose: quoted unless it is a word, so that it can't look like what follows.
    Sentence& quoted(std::string_view words, std::string_view name) {
        const std::string_view value = field(event_, name);
        if (value.empty()) return *this;
        text_.append(words);
        if (value.find_first_of(" \t;:,\"\\") == std::string_view::npos) {
            text_.append(value);
            return *this;
        }
        text_ += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
        text_ += '"';
        return *this;
    }
    Sentence& recipients(std::string_view words) {
        const std::vector<std::string> all = recipients_of(event_);
        for (std::size_t i = 0; i < all.size(); ++i) text_.append(i == 0 ? words : ", ").append("<" + all[i] + ">");
        const auto count = ascii::parse_number(field(event_, "recipient_count"));
        if (count && *count > all.size())
            text_.append(" and ").append(std::to_string(*count - all.size())).append(" more");
        return *this;
    }
    Sentence& sender(std::string_view words) {
        for (const auto& [name, value] : event_.fields)
            if (name == "sender") text_.append(words).append("<" + value + ">");
        return *this;
    }
    /// The server of a delivery.
    Sentence& server(std::string_view words) {
        const std::string_view host = field(event_, "host");
        const std::string_view remote = field(event_, "remote");
        if (host.empty() && remote.empty()) return *this;
        text_.append(words).append(host.empty() ? remote : host);
        if (!host.empty() && !remote.empty()) text_.append(" [").append(remote).append("]");
        return *this;
    }
    Sentence& due(std::string_view words) {
        if (const auto seconds = ascii::parse_number(field(event_, "due")); seconds && *seconds < (1ULL << 40U))
            text_.append(words).append(format_time(static_cast<std::int64_t>(*seconds) * 1000).substr(0, 19));
        return *this;
    }
    std::string take() { return std::move(text_); }

  private:
    const Event& event_;
    std::string text_;
};

std::string of_answer(const Event& event) {
    const std::string_view result = field(event, "result");
    std::string begin = "could not be delivered";
    if (result == "delivered") begin = "delivered";
    if (result == "deferred") begin = "put off";
    Sentence sentence(event, begin);
    sentence.recipients(result == "deferred" ? " the delivery to " : " to ").server(", says ");
    return sentence.with(": ", "reply").due("; next try at ").take();
}

std::string of_queue(const Event& event) {
    const std::string_view action = field(event, "action");
    return Sentence(event, action.empty() ? std::string("queued") : std::string(action))
        .recipients(" for ")
        .with(": ", "reason")
        .due("; next try at ")
        .take();
}

std::string of_delivery(const Event& event) {
    Sentence sentence(event, field(event, "repeated").empty() ? "delivered" : "was delivered already");
    sentence.recipients(" to ").with(", account ", "account").with(", mailbox ", "mailbox").with(", file ", "file");
    return sentence.with(", octets: ", "size").take();
}

}  // namespace

std::string in_words(const Event& event) {
    switch (event.kind) {
        case Kind::connect:
            return Sentence(event, "connected").with(" from ", "remote").with(" to ", "listener").take();
        case Kind::tls: return Sentence(event, "TLS began").with(": ", "protocol").with(" ", "cipher").take();
        case Kind::login: {
            const bool failed = field(event, "result") == "failure";
            return Sentence(event, failed ? "failed to log in" : "logged in")
                .with(" as ", "user")
                .with(" with ", "mechanism")
                .with(" from ", "remote")
                .with(": ", "reason")
                .take();
        }
        case Kind::verdict:
            return Sentence(event, std::string(field(event, "check")))
                .with(" says ", "verdict")
                .with(": ", "reason")
                .take();
        case Kind::accept:
            return Sentence(event, "accepted")
                .sender(" from ")
                .recipients(" for ")
                .with(", octets: ", "size")
                .quoted(", Message-ID ", "message_id")
                .with(", user ", "user")
                .with("; told: ", "reply")
                .take();
        case Kind::queue: return of_queue(event);
        case Kind::attempt:
            return Sentence(event, "trying")
                .recipients(" to deliver to ")
                .with(" by ", "route")
                .server(" at ")
                .with(", attempt ", "attempt")
                .take();
        case Kind::answer: return of_answer(event);
        case Kind::delivery: return of_delivery(event);
        case Kind::uid:
            return Sentence(event, "has").with(" UID ", "uid").with(" in ", "mailbox").with(" of ", "account").take();
        case Kind::bounce:
            return Sentence(event, "reported a ")
                .with("", "report")
                .recipients(" of ")
                .with("; sent to ", "to")
                .with(" as ", "notice")
                .take();
        case Kind::refuse:
            return Sentence(event, "refused")
                .with(" ", "command")
                .sender(" from ")
                .recipients(" for ")
                .with(", user ", "user")
                .with("; told: ", "reply")
                .with("; because: ", "reason")
                .take();
        case Kind::lost:
            return Sentence(event, "events that were not written:")
                .with(" ", "count")
                .with("; because: ", "reason")
                .take();
    }
    return {};
}

std::string format_time(std::int64_t milliseconds) {
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm utc{};
    if (milliseconds < 0 || ::gmtime_r(&seconds, &utc) == nullptr) return "?";
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d.%03d", utc.tm_year + 1900,
                                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                                     static_cast<int>(milliseconds % 1000));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace posthouse::story
