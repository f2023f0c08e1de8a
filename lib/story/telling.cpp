// Events of each kind from plain values.
#include "lib/story/telling.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::story {
namespace {

/// Fields that one list of addresses may take; more recipients than have room there are only counted.
constexpr int max_list_fields = 9;

/// Collects the fields of one event.
class Told {
  public:
    Told(const About& about, Kind kind) {
        event_.id = about.id;
        event_.parent = about.parent;
        event_.kind = kind;
    }
    Told& text(std::string_view name, std::string_view value) {
        if (!value.empty()) event_.fields.emplace_back(name, value);
        return *this;
    }
    /// An address, of which the empty one means something.
    Told& sender(std::string_view value) {
        event_.fields.emplace_back("sender", value);
        return *this;
    }
    Told& number(std::string_view name, std::uint64_t value) {
        if (value != 0) event_.fields.emplace_back(name, std::to_string(value));
        return *this;
    }
    Told& recipients(const std::vector<std::string>& list);
    Told& message_id(std::string_view value);
    Event take() { return std::move(event_); }

  private:
    Event event_;
};

/// One field holds as many as fit, a line for each: an address holds no line feed.
Told& Told::recipients(const std::vector<std::string>& list) {
    int fields = 0;
    std::string lines;
    const auto flush = [&] {
        if (lines.empty() || fields >= max_list_fields) return;
        ++fields;
        text(fields == 1 ? "recipients" : "recipients_" + std::to_string(fields), lines);
        lines.clear();
    };
    for (const std::string& address : list) {
        if (lines.size() + address.size() + 1 > max_value) flush();
        if (fields >= max_list_fields) break;
        if (!lines.empty()) lines += '\n';
        lines += address;
    }
    flush();
    if (list.size() > 1) number("recipient_count", list.size());
    return *this;
}

/// Without its angle brackets and the white space that folding left.
Told& Told::message_id(std::string_view value) {
    const std::size_t open = value.find('<');
    if (open != std::string_view::npos) value = value.substr(open + 1, value.find('>', open) - open - 1);
    std::string bare;
    for (const char c : value.substr(0, max_value))
        if (!ascii::is_wsp(c) && c != '\r' && c != '\n') bare += c;
    return text("message_id", bare);
}

std::uint64_t seconds(std::int64_t time) { return time > 0 ? static_cast<std::uint64_t>(time) : 0; }

std::string_view word(Answer::Result result) {
    switch (result) {
        case Answer::Result::delivered: return "delivered";
        case Answer::Result::deferred: return "deferred";
        case Answer::Result::bounced: break;
    }
    return "bounced";
}

std::string_view word(Queue::Action action) {
    switch (action) {
        case Queue::Action::deferred: return "deferred";
        case Queue::Action::postponed: return "postponed";
        case Queue::Action::held: return "held";
        case Queue::Action::released: return "released";
        case Queue::Action::deleted: return "deleted";
        case Queue::Action::requeued: return "requeued";
        case Queue::Action::removed: break;
    }
    return "removed";
}

}  // namespace

Event connect(const About& about, const Connect& told) {
    return Told(about, Kind::connect).text("remote", told.remote).text("listener", told.listener).take();
}

Event tls(const About& about, const Tls& told) {
    return Told(about, Kind::tls).text("protocol", told.protocol).text("cipher", told.cipher).take();
}

Event login(const About& about, const Login& told) {
    return Told(about, Kind::login)
        .text("result", told.reason.empty() ? "success" : "failure")
        .text("user", told.user)
        .text("mechanism", told.mechanism)
        .text("remote", told.remote)
        .text("reason", told.reason)
        .take();
}

Event verdict(const About& about, const Verdict& told) {
    return Told(about, Kind::verdict)
        .text("check", told.check)
        .text("verdict", told.verdict)
        .text("reason", told.reason)
        .take();
}

Event accept(const About& about, const Accept& told) {
    return Told(about, Kind::accept)
        .sender(told.sender)
        .recipients(told.recipients)
        .message_id(told.message_id)
        .number("size", told.size)
        .text("remote", told.remote)
        .text("user", told.user)
        .text("reply", told.reply)
        .take();
}

Event refuse(const About& about, const Refuse& told) {
    Told event(about, Kind::refuse);
    event.text("command", told.command);
    if (!told.sender.empty() || !told.recipients.empty()) event.sender(told.sender);
    return event.recipients(told.recipients)
        .message_id(told.message_id)
        .text("remote", told.remote)
        .text("user", told.user)
        .text("reply", told.reply)
        .text("reason", told.reason)
        .take();
}

Event queue(const About& about, const Queue& told) {
    Told event(about, Kind::queue);
    event.text("action", word(told.action)).recipients(told.recipients).text("sender", told.sender);
    return event.text("reason", told.reason).number("due", seconds(told.due)).take();
}

Event attempt(const About& about, const Attempt& told) {
    return Told(about, Kind::attempt)
        .number("attempt", told.attempt)
        .recipients(told.recipients)
        .text("route", told.route)
        .text("host", told.host)
        .text("remote", told.remote)
        .take();
}

Event answer(const About& about, const Answer& told) {
    return Told(about, Kind::answer)
        .text("result", word(told.result))
        .recipients(told.recipients)
        .text("host", told.host)
        .text("remote", told.remote)
        .text("status", told.status)
        .text("reply", told.reply)
        .number("due", seconds(told.due))
        .take();
}

Event delivery(const About& about, const Delivery& told) {
    return Told(about, Kind::delivery)
        .sender(told.sender)
        .text("recipients", told.recipient)
        .text("account", told.account)
        .text("mailbox", told.mailbox)
        .text("file", told.file)
        .number("size", told.size)
        .text("repeated", told.repeated ? "yes" : "")
        .message_id(told.message_id)
        .take();
}

Event uid(const About& about, const Uid& told) {
    return Told(about, Kind::uid)
        .text("account", told.account)
        .text("mailbox", told.mailbox)
        .text("file", told.file)
        .number("uid", told.uid)
        .take();
}

Event bounce(const About& about, const Bounce& told) {
    return Told(about, Kind::bounce)
        .text("report", told.report)
        .text("notice", told.notice)
        .text("to", told.to)
        .recipients(told.recipients)
        .take();
}

Event lost(const std::string& id, std::uint64_t count, const std::string& reason) {
    return Told({id}, Kind::lost).number("count", count).text("reason", reason).take();
}

std::vector<std::string> recipients_of(const Event& event) {
    std::vector<std::string> all;
    for (const auto& [name, value] : event.fields) {
        if (!name.starts_with("recipients")) continue;
        for (const std::string_view address : ascii::split(value, '\n')) all.emplace_back(address);
    }
    return all;
}

std::string_view field(const Event& event, std::string_view name) {
    const auto found = std::ranges::find(event.fields, name, &Field::first);
    return found == event.fields.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace posthouse::story
