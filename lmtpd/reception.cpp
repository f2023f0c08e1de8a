// Reception: to the disk pool, and what each recipient is answered.
#include "lmtpd/reception.h"

#include <chrono>
#include <utility>
#include <vector>

#include "lib/smtp/trace.h"
#include "lmtpd/quota_check.h"
#include "lmtpd/telling.h"

namespace posthouse::lmtpd {
namespace {

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
    order.first_until = transaction.first_until;
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
smtp::Reply finish_one(const Session& session, const Recipient& recipient, const Result<storage::Delivered>& result,
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
        session.log().warning(
            "quota warning",
            {{"user", account.text()}, {"of", of_storage ? "storage" : "messages"}, {"percent", warning->percent}});
    }
    tell_delivered(session, recipient, *result, size, message_id);
    counters.delivery(account.domain(), result->repeated ? Counters::Result::repeated : Counters::Result::stored, size);
    return {250, "2.0.0", path + " " + transaction.id + " Delivered"};
}

}  // namespace

Reception::Reception(const Session& session)
    : incoming_(session.services().store, session.services().disk, make_order(session, *session.transaction)) {}

net::Async<> Reception::keep(std::size_t before) {
    message_id_.feed(std::string_view(incoming_.buffer()).substr(before));
    co_await incoming_.flow();
}

net::Async<std::string> Reception::finish(const Session& session, const smtp::DataFacts& facts,
                                          const std::optional<smtp::Reply>& refusal) {
    const std::vector<Recipient>& recipients = session.transaction->recipients;
    std::string replies;
    if (refusal) {
        for (std::size_t i = 0; i < recipients.size(); ++i) refusal->append_to(replies);
        co_return replies;
    }
    const std::vector<Result<storage::Delivered>> results = co_await incoming_.commit();
    for (const Recipient& recipient : recipients)
        finish_one(session, recipient, results[recipient.target], facts.size, message_id_.value()).append_to(replies);
    co_return replies;
}

}  // namespace posthouse::lmtpd
