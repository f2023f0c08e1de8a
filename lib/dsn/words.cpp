// The part for people.
#include "lib/dsn/words.h"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/dsn/printable.h"
#include "lib/dsn/status.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/header.h"
#include "lib/smtp/trace.h"

namespace posthouse::dsn {
namespace {

constexpr std::size_t kColumns = 76;
constexpr std::size_t kLongestWord = 500;
constexpr std::size_t kMaxAddress = 320;
/// An answer in the text for people; the other part has more of it.
constexpr std::size_t kMaxToldAnswer = 600;

/// Each action in the order in which a report tells of it.
constexpr std::array kOrder = {Action::failed, Action::delayed, Action::relayed, Action::expanded, Action::delivered};

/// UTF-8 characters.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

/// Puts paragraphs together.
class Page {
  public:
    void empty_line() { text_ += "\r\n"; }

    /// Wraps `words` at spaces; each line begins with `indent` spaces.
    void paragraph(std::string_view words, std::size_t indent = 0) {
        std::size_t column = 0;
        for (std::string_view word : ascii::split(words, ' ')) {
            do {
                std::size_t length = std::min(word.size(), kLongestWord);
                while (length < word.size() && length > 1 &&
                       (static_cast<unsigned char>(word[length]) & 0xC0U) == 0x80) {
                    --length;
                }
                put(word.substr(0, length), indent, column);
                word.remove_prefix(length);
            } while (!word.empty());
        }
        if (column > 0) text_ += "\r\n";
    }

    std::string take() { return std::move(text_); }

  private:
    void put(std::string_view word, std::size_t indent, std::size_t& column) {
        if (word.empty()) return;
        const std::size_t needed = width(word);
        if (column > 0 && column + 1 + needed > kColumns) {
            text_ += "\r\n";
            column = 0;
        }
        if (column == 0) {
            text_.append(indent, ' ');
            column = indent;
        } else {
            text_ += ' ';
            ++column;
        }
        text_ += word;
        column += needed;
    }

    std::string text_;
};

std::string recipients_in_words(std::size_t count) {
    return count == 1 ? "one recipient" : std::to_string(count) + " recipients";
}

std::string what_happened(Action action, std::size_t count, Audience audience) {
    const std::string message = audience == Audience::sender ? "Your message" : "A message";
    const std::string whom = recipients_in_words(count);
    switch (action) {
        case Action::failed: return message + " could not be delivered to " + whom + ":";
        case Action::delayed: return message + " could not be delivered to " + whom + " yet:";
        case Action::relayed:
            return message + " for " + whom +
                   " was passed on to the next server. That server doesn't confirm deliveries, so this is the last "
                   "that "
                   "we can tell:";
        case Action::expanded:
            return message + " for " + whom +
                   " was sent on to all whom that address stands for. Their deliveries are not confirmed:";
        case Action::delivered: return message + " was delivered to " + whom + ":";
    }
    return {};
}

std::string what_follows(Action action, std::span<const Recipient* const> recipients, Audience audience) {
    if (action == Action::failed) {
        return "It will not be tried again.";
    }
    if (action != Action::delayed) return {};
    std::int64_t until = 0;
    for (const Recipient* recipient : recipients) until = std::max(until, recipient->retry_until);
    std::string text = "It is tried on";
    if (until != 0) text += ", until " + smtp::format_date(until) + " at the latest";
    text +=
        audience == Audience::sender ? ". You need not send it again; you will be told if it can't be delivered." : ".";
    return text;
}

std::string server_name(const Recipient& recipient) {
    std::string name;
    if (!recipient.remote_host.empty()) name = printable_name(recipient.remote_host);
    if (!recipient.remote_address.empty()) {
        name += (name.empty() ? "[" : " [") + printable_name(recipient.remote_address) + "]";
    }
    return name;
}

void tell_recipient(Page& page, const Recipient& recipient) {
    page.empty_line();
    page.paragraph(printable_utf8(recipient.address, kMaxAddress), 2);
    const std::string server = server_name(recipient);
    const bool bad = recipient.action == Action::failed || recipient.action == Action::delayed;
    if (recipient.expired) page.paragraph("It was tried for as long as messages are kept. The last attempt:", 4);
    if (!recipient.answer.empty() && bad) {
        page.paragraph((server.empty() ? std::string("The next server") : "The server " + server) + " answered:", 4);
        page.paragraph(printable_utf8(recipient.answer, kMaxToldAnswer), 6);
    } else if (!server.empty()) {
        page.paragraph((bad ? "The server asked last: " : "By the server ") + server, 4);
    }
    if (!recipient.reason.empty() && bad) page.paragraph(printable_utf8(recipient.reason, kMaxToldAnswer) + ".", 4);
    if (bad) page.paragraph(advice(status_of(recipient)), 4);
}

void tell_field(Page& page, const Content& content, std::string_view name) {
    const auto field = mime::first_field(content.header, {0, content.header.size()}, name);
    if (!field) return;
    const std::string text = printable_utf8(mime::decode_encoded_words(field->text()), 200);
    if (!text.empty()) page.paragraph(std::string(name) + ": " + text, 2);
}

void tell_message(Page& page, const Message& message, const Content& content, Audience audience) {
    page.empty_line();
    page.paragraph("The message:");
    if (audience == Audience::postmaster) {
        page.paragraph("Envelope sender: <" + printable_utf8(message.sender, kMaxAddress) + ">", 2);
        tell_field(page, content, "From");
    }
    for (const std::string_view name : {"Subject", "To", "Date", "Message-ID"}) tell_field(page, content, name);
    if (message.arrival != 0) page.paragraph("Accepted here: " + smtp::format_date(message.arrival), 2);
    if (!message.id.empty()) page.paragraph("Number in our log: " + printable_name(message.id), 2);
}

}  // namespace

std::string explanation(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                        const Content& content, Audience audience) {
    Page page;
    page.paragraph("This is the mail system at " + printable_name(reporter.host) + ".");
    if (audience == Audience::postmaster) {
        page.empty_line();
        page.paragraph(
            message.sender.empty()
                ? "The message below could not be delivered, and it has no sender who could be told: it is a "
                  "report itself, or an automatic answer. So it comes to the postmaster."
                : "The message below could not be delivered, and its sender could not be told. So it comes "
                  "to the postmaster.");
        if (!message.remark.empty()) page.paragraph(message.remark);
    }
    std::size_t told = 0;
    for (const Action action : kOrder) {
        std::vector<const Recipient*> group;
        for (const Recipient& recipient : recipients) {
            if (recipient.action == action) group.push_back(&recipient);
        }
        if (group.empty()) continue;
        page.empty_line();
        page.paragraph(what_happened(action, group.size(), audience));
        std::size_t left_out = 0;
        for (const Recipient* recipient : group) {
            if (told++ < max_told_recipients) {
                tell_recipient(page, *recipient);
            } else {
                ++left_out;
            }
        }
        if (left_out > 0) {
            page.empty_line();
            page.paragraph(std::to_string(left_out) + " more, listed in the details below.", 2);
        }
        const std::string follows = what_follows(action, group, audience);
        if (!follows.empty()) {
            page.empty_line();
            page.paragraph(follows);
        }
    }
    tell_message(page, message, content, audience);
    if (audience == Audience::sender) {
        page.empty_line();
        page.paragraph("If you need help, please send this whole report to " +
                       printable_utf8(reporter.postmaster, kMaxAddress) +
                       ". Its other parts hold the details in a form for programs, and your message or its header.");
    }
    return page.take();
}

std::string subject(std::span<const Recipient> recipients, Audience audience) {
    constexpr std::size_t longest_shown = 60;
    const auto all = [recipients](Action action) {
        return std::ranges::all_of(recipients, [action](const Recipient& r) { return r.action == action; });
    };
    std::string what = "Delivery report on";
    if (all(Action::failed)) {
        what = "Not delivered:";
    } else if (all(Action::delayed)) {
        what = "Delayed, still being tried:";
    } else if (all(Action::delivered)) {
        what = "Delivered:";
    } else if (all(Action::relayed) || all(Action::expanded)) {
        what = "Passed on:";
    }
    if (audience == Audience::postmaster) return "For the postmaster: a message that neither arrived nor went back";
    const bool show = recipients.size() == 1 && recipients[0].address.size() <= longest_shown &&
                      ascii::is_ascii(recipients[0].address);
    return what + " your message to " +
           (show ? printable_ascii(recipients[0].address, longest_shown) : recipients_in_words(recipients.size()));
}

}  // namespace posthouse::dsn
