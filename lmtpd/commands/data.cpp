// DATA (RFC 2033 §4.2): content goes to the mailboxes, and each recipient gets a reply once its copy is durable.
#include <chrono>
#include <string>
#include <utility>

#include "lib/smtp/data_decoder.h"
#include "lib/smtp/field_keeper.h"
#include "lib/smtp/trace.h"
#include "lmtpd/commands/commands.h"
#include "lmtpd/incoming.h"
#include "lmtpd/quota_check.h"
#include "lmtpd/telling.h"

namespace posthouse::lmtpd {
namespace {

/// What smtpd let through is kept as it is; only line ends are made whole, as the Maildir can't tell them apart.
constexpr smtp::DataPolicy data_policy{
    .bare_lf = smtp::BareLf::normalize, .bare_cr = smtp::BareCr::keep, .nul = smtp::Nul::keep};

/// The fields of final delivery (RFC 5321 §4.4). One recipient: its address too; several share one file.
std::string trace_header(const Session& session, const Transaction& transaction) {
    const bool single = transaction.recipients.size() == 1;
    std::string header = smtp::return_path_field(transaction.sender);
    smtp::Received received;
    if (single) {
        received.recipient = transaction.recipients.front().address.to_string();
        header += "Delivered-To: " + received.recipient + "\r\n";
    }
    received.helo = session.client_name;
    received.client_address = session.connection().peer.ip();
    received.by = session.config().general.hostname;
    received.id = transaction.id;
    received.transmission = {.lmtp = true, .utf8 = transaction.utf8};
    received.time =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    header += smtp::received_field(received);
    return header;
}

storage::DeliveryOrder make_order(const Session& session, const Transaction& transaction) {
    storage::DeliveryOrder order;
    order.id = transaction.id;
    order.first_attempt = transaction.first_attempt;
    const std::string header = trace_header(session, transaction);
    order.quota = &session.services().quota.keeper();
    for (const Target& target : transaction.targets)
        order.targets.push_back({.account = target.account, .mailbox = {}, .header = header, .limits = target.limits});
    return order;
}

smtp::Reply reply_to(const std::string& path, const std::string& id, const Error& error, const config::Config& config) {
    if (auto refusal = quota_refusal(error, config)) {
        refusal->lines = {path + " " + refusal->text()};
        return *std::move(refusal);
    }
    switch (error.code) {
        case ErrorCode::no_space: return {452, "4.3.1", path + " Insufficient system storage"};
        case ErrorCode::busy:
            return {451, "4.2.0", path + " Mailbox is busy, or " + id + " is being delivered already"};
        default: return {451, "4.3.0", path + " Delivery failed, try again later"};
    }
}

/// One recipient's reply, log line, event and count.
smtp::Reply finish(const Session& session, const Recipient& recipient, const Result<storage::Delivered>& result,
                   std::uint64_t size, const std::string& message_id) {
    const Transaction& transaction = *session.transaction;
    const std::string path = recipient.address.to_path();
    const storage::AccountName& account = transaction.targets[recipient.target].account;
    Counters& counters = session.services().counters;
    if (!result) {
        session.log().warning("not delivered", {{"id", transaction.id},
                                                {"recipient", recipient.address.to_string()},
                                                {"error", result.error().message()}});
        counters.delivery(account.domain(), Counters::Result::failed, size);
        smtp::Reply reply = reply_to(path, transaction.id, result.error(), session.config());
        tell_refused(session, "DATA", recipient.address.to_string(), reply, result.error().message());
        return reply;
    }
    session.log().info("delivered", {{"id", transaction.id},
                                     {"sender", smtp::to_path(transaction.sender)},
                                     {"recipient", recipient.address.to_string()},
                                     {"account", account.text()},
                                     {"mailbox", "INBOX"},
                                     {"file", result->file_name},
                                     {"size", size},
                                     {"client", session.forwarded.address()},
                                     {"repeated", result->repeated ? "yes" : "no"}});
    if (const auto& warning = result->warning) {
        const bool of_storage = warning->of == config::QuotaWarning::Of::storage;
        session.log().warning("quota warning", {{"user", account.text()},
                                                {"of", of_storage ? "storage" : "messages"},
                                                {"percent", warning->percent}});
    }
    tell_delivered(session, recipient, *result, size, message_id);
    counters.delivery(account.domain(), result->repeated ? Counters::Result::repeated : Counters::Result::stored, size);
    return {250, "2.0.0", path + " " + transaction.id + " Delivered"};
}

/// Reads the data to its end; what is acceptable goes to `incoming`. False: the connection is of no more use.
net::Async<bool> receive(Session& session, smtp::DataDecoder& decoder, Incoming& incoming,
                         smtp::FieldKeeper& message_id) {
    while (!decoder.done()) {
        const Result<std::string_view> bytes = co_await session.stream().peek(session.deadline());
        if (!bytes) {
            session.failed(bytes.error());
            co_return false;
        }
        const std::size_t before = incoming.buffer().size();
        session.stream().consume(decoder.feed(*bytes, incoming.buffer()));
        message_id.feed(std::string_view(incoming.buffer()).substr(before));
        co_await incoming.flow();
    }
    co_return true;
}

}  // namespace

net::Async<Answer> data(Session& session, smtp::Command /*command*/) {
    const Transaction& transaction = *session.transaction;
    if (transaction.recipients.empty()) co_return smtp::Reply(503, "5.5.1", "No valid recipients");
    const smtp::Reply go_on(354, "", "End data with <CR><LF>.<CR><LF>");
    const bool invited = co_await session.send(go_on.to_wire());
    if (!invited) co_return std::nullopt;

    smtp::DataDecoder decoder(data_policy);
    Incoming incoming(session.services().store, session.services().disk, make_order(session, transaction));
    smtp::FieldKeeper message_id("Message-ID:");
    const bool received = co_await receive(session, decoder, incoming, message_id);
    if (!received) co_return std::nullopt;

    std::string replies;
    if (const std::optional<smtp::Reply> refusal = decoder.refusal()) {
        for (std::size_t i = 0; i < transaction.recipients.size(); ++i) refusal->append_to(replies);
    } else {
        const std::vector<Result<storage::Delivered>> results = co_await incoming.commit();
        for (const Recipient& recipient : transaction.recipients)
            finish(session, recipient, results[recipient.target], decoder.facts().size, message_id.value())
                .append_to(replies);
    }
    session.reset();
    co_await session.send(replies);
    co_return std::nullopt;
}

}  // namespace posthouse::lmtpd
