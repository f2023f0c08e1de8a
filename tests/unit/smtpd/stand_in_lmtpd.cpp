// StandInLmtpd: takes messages by LMTP.
#include "tests/unit/smtpd/stand_in_lmtpd.h"

#include <algorithm>

#include "lib/smtp/data_decoder.h"

namespace posthouse::smtpd {
namespace {

constexpr smtp::DataPolicy lenient{smtp::BareLf::reject, smtp::BareCr::keep, smtp::Nul::keep};
constexpr std::string_view greeting =
    "250-lmtp.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n"
    "250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n";

std::string reply_for(const std::map<std::string, std::string>& replies, const std::string& recipient) {
    const auto found = replies.find(recipient);
    return (found == replies.end() ? "250 2.1.5 ok" : found->second) + "\r\n";
}

}  // namespace

std::string StandInLmtpd::answer(Message& message, const smtp::Command& command) {
    if (const auto* attributes = std::get_if<smtp::Attributes>(&command)) message.attributes = *attributes;
    if (const auto* plain = std::get_if<smtp::Plain>(&command); plain != nullptr && plain->verb == smtp::Verb::rset) {
        if (!message.sender.empty()) --active_;
        message = Message();
    }
    if (const auto* mail = std::get_if<smtp::Mail>(&command)) {
        if (!message.sender.empty()) return "503 5.5.1 a transaction is under way\r\n";
        message.sender = smtp::to_path(mail->sender);
        message.parameters = mail->parameters;
        max_active = std::max(max_active, ++active_);
    }
    if (const auto* rcpt = std::get_if<smtp::Rcpt>(&command)) {
        const std::string recipient = rcpt->recipient.to_string();
        const std::string reply = reply_for(rcpt_replies, recipient);
        if (reply.starts_with('2')) message.recipients.push_back(recipient);
        return reply;
    }
    return "250 2.0.0 ok\r\n";
}

net::Async<bool> StandInLmtpd::take_content(net::Stream& stream, Message& message) {
    smtp::DataDecoder decoder(lenient);
    while (!decoder.done()) {
        Result<std::string_view> bytes = co_await stream.peek(soon());
        if (!bytes) co_return false;
        stream.consume(decoder.feed(*bytes, message.content));
    }
    --active_;
    if (silent_after_data) {
        Result<std::string_view> never = co_await stream.peek(soon());
        co_return false;
    }
    if (close_after_data) co_return false;
    for (const std::string& recipient : message.recipients) {
        Result<> sent = co_await stream.write(reply_for(final_replies, recipient), soon());
        if (!sent) co_return false;
    }
    if (!message.recipients.empty()) messages.push_back(message);
    co_return true;
}

net::Async<> StandInLmtpd::serve(net::Stream& stream) {
    Result<> sent = co_await stream.write("220 lmtp.example LMTP\r\n", soon());
    Message message;
    while (sent) {
        Result<std::string> line = co_await stream.read_line(4096, soon());
        if (!line) co_return;
        const auto command =
            smtp::parse_command(*line, {.offered = {.size = true, .eightbitmime = true, .smtputf8 = true},
                                        .utf8_transaction = message.parameters.smtputf8});
        if (!command) {
            sent = co_await stream.write(command.error().to_wire(), soon());
            continue;
        }
        const auto* plain = std::get_if<smtp::Plain>(&*command);
        if (plain != nullptr && plain->verb == smtp::Verb::quit) co_return;
        if (plain != nullptr && plain->verb == smtp::Verb::data) {
            sent = co_await stream.write(data_reply + "\r\n", soon());
            if (data_reply.starts_with("354")) {
                const bool more = co_await take_content(stream, message);
                if (!more) co_return;
                message = Message();
            }
        } else if (std::holds_alternative<smtp::Hello>(*command)) {
            sent = co_await stream.write(greeting, soon());
        } else {
            sent = co_await stream.write(answer(message, *command), soon());
        }
    }
}

}  // namespace posthouse::smtpd
