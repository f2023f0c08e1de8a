// LmtpConnection: one conversation with lmtpd.
#include "smtpd/delivery/lmtp_connection.h"

#include <sys/socket.h>

#include <utility>

#include "lib/net/connect.h"
#include "lib/smtp/data_encoder.h"

namespace posthouse::smtpd {
namespace {

constexpr std::size_t max_line = 4096;  // a reply line; RFC 5321 §4.5.3.1.5 allows 512

Error refused(std::string_view step, const smtp::Reply& reply) {
    return {ErrorCode::unavailable, "lmtpd refused " + std::string(step),
            std::to_string(reply.code) + " " + reply.status + " " + reply.text()};
}

}  // namespace

net::Async<Result<std::unique_ptr<LmtpConnection>>> LmtpConnection::open(net::Loop& loop, std::string path,
                                                                         std::string hostname, net::Deadline deadline) {
    Result<net::Stream> stream = co_await net::connect_unix(loop, std::move(path), deadline);
    if (!stream) co_return fail(stream.error());
    auto connection = std::make_unique<LmtpConnection>(*std::move(stream));
    Result<> greeted = co_await connection->greet(std::move(hostname), deadline);
    if (!greeted) co_return fail(greeted.error());
    co_return connection;
}

net::Async<Result<>> LmtpConnection::greet(std::string hostname, net::Deadline deadline) {
    Result<smtp::Reply> greeting = co_await read_reply(deadline);
    if (!greeting) co_return fail(greeting.error());
    if (greeting->code != 220) co_return fail(refused("the connection", *greeting));
    Result<> sent = co_await stream_.write("LHLO " + hostname + "\r\n", deadline);
    if (!sent) co_return sent;
    Result<smtp::Reply> reply = co_await read_reply(deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->code != 250) co_return fail(refused("LHLO", *reply));
    capabilities_ = smtp::parse_capabilities(*reply);
    co_return Result<>{};
}

net::Async<Result<smtp::Reply>> LmtpConnection::read_reply(net::Deadline deadline) {
    smtp::ReplyParser parser;
    for (;;) {
        Result<std::string> line = co_await stream_.read_line(max_line, deadline);
        if (!line) co_return fail(line.error());
        Result<bool> last = parser.add_line(*line);
        if (!last) co_return fail(last.error());
        if (*last) co_return parser.take();
    }
}

/// RSET, so that nothing of a refused transaction is left for the next one.
net::Async<Result<>> LmtpConnection::clear(net::Deadline deadline) {
    Result<> sent = co_await stream_.write("RSET\r\n", deadline);
    if (!sent) co_return sent;
    Result<smtp::Reply> reply = co_await read_reply(deadline);
    if (!reply) co_return fail(reply.error());
    co_return Result<>{};
}

net::Async<Result<>> LmtpConnection::send_content(std::string_view header, Content& content, net::Deadline deadline) {
    content_sent_ = true;
    smtp::DataEncoder encoder;
    std::string out;
    encoder.feed(header, out);
    if (const std::string* whole = content.in_memory()) {
        encoder.feed(*whole, out);
    } else {
        for (std::uint64_t offset = 0; offset < content.size();) {
            Result<std::string> piece = co_await content.read(offset);
            if (!piece) co_return fail(piece.error());
            offset += piece->size();
            encoder.feed(*piece, out);
            Result<> sent = co_await stream_.write(out, deadline);
            if (!sent) co_return sent;
            out.clear();
        }
    }
    encoder.finish(out);
    Result<> sent = co_await stream_.write(out, deadline);
    co_return sent;
}

net::Async<Result<std::vector<smtp::Reply>>> LmtpConnection::deliver(const Envelope& envelope, std::string_view header,
                                                                     Content& content, net::Deadline deadline) {
    content_sent_ = false;
    auto [commands, xforward_lines] = smtp::xforward_commands(envelope.attributes, capabilities_);
    commands += smtp::mail_command(envelope.sender, envelope.parameters, capabilities_);
    for (const smtp::Mailbox& recipient : envelope.recipients) commands += smtp::rcpt_command(recipient);
    commands += "DATA\r\n";
    Result<> sent = co_await stream_.write(commands, deadline);
    if (!sent) co_return fail(sent.error());

    // A refused XFORWARD is no reason to refuse the mail: lmtpd then logs without the client.
    for (int i = 0; i < xforward_lines; ++i) {
        Result<smtp::Reply> ignored = co_await read_reply(deadline);
        if (!ignored) co_return fail(ignored.error());
    }
    Result<smtp::Reply> mail = co_await read_reply(deadline);
    if (!mail) co_return fail(mail.error());
    std::vector<smtp::Reply> replies;
    std::vector<std::size_t> accepted;  // recipients whose reply comes after the content
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        Result<smtp::Reply> rcpt = co_await read_reply(deadline);
        if (!rcpt) co_return fail(rcpt.error());
        if (rcpt->positive()) accepted.push_back(i);
        replies.push_back(mail->positive() ? *std::move(rcpt) : *mail);
    }
    Result<smtp::Reply> data = co_await read_reply(deadline);
    if (!data) co_return fail(data.error());
    if (data->code != 354) {
        for (const std::size_t i : accepted) replies[i] = *data;
        Result<> cleared = co_await clear(deadline);
        if (!cleared) co_return fail(cleared.error());
        co_return replies;
    }
    Result<> content_out;
    if (accepted.empty()) {
        content_out = co_await stream_.write(".\r\n", deadline);
    } else {
        content_out = co_await send_content(header, content, deadline);
    }
    if (!content_out) co_return fail(content_out.error());
    for (const std::size_t i : accepted) {
        Result<smtp::Reply> reply = co_await read_reply(deadline);
        if (!reply) co_return fail(reply.error());
        replies[i] = *std::move(reply);
    }
    co_return replies;
}

bool LmtpConnection::stale() const {
    char byte = 0;
    // Nothing may come between messages: end of file and an unasked 421 both mean that it is over.
    return stream_.has_buffered_input() || ::recv(stream_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

net::Async<> LmtpConnection::quit(net::Deadline deadline) {
    Result<> sent = co_await stream_.write("QUIT\r\n", deadline);
    if (sent) co_await stream_.close(deadline);
}

}  // namespace posthouse::smtpd
