// Reception: a message on its way in.
#include "smtpd/receiving/reception.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "smtpd/delivery/delivered_to.h"

namespace posthouse::smtpd {
namespace {

Refusal storage_refusal(const Session& session, const Error& error) {
    session.connection.log.error("cannot keep a message while it is received", {{"error", error.message()}});
    if (error.code == ErrorCode::no_space) return insufficient_storage(error.message());
    return smtp::Reply(451, "4.3.0", "Local error in storage, try again later");
}

/// Return-Path is added at final delivery, once (RFC 5321 §4.4). Of mail that begins here blind copies stay blind
/// (RFC 5322 §3.6.3): programs that leave that to the server are used to its doing so.
std::span<const std::string_view> dropped_fields(const Session& session) {
    static constexpr std::array<std::string_view, 3> names{"Return-Path", "Bcc", "Resent-Bcc"};
    const bool begins_here = session.submission() || session.may_relay();
    return begins_here ? names : std::span(names).first(1);
}

}  // namespace

smtp::DataPolicy policy_of(const Session& session) {
    const auto& settings = session.config->smtpd;
    const bool stays = !session.transaction || std::ranges::all_of(session.transaction->targets, &Target::local);
    return {.bare_lf = settings.bare_lf == "normalize" ? smtp::BareLf::normalize : smtp::BareLf::reject,
            .bare_cr = stays && settings.bare_cr == "keep" ? smtp::BareCr::keep : smtp::BareCr::reject,
            .nul = stays && settings.nul == "keep" ? smtp::Nul::keep : smtp::Nul::reject,
            .max_size = settings.message_size_limit};
}

Refusal content_refusal(const Session& session, smtp::Reply verdict) {
    if (verdict == smtp::too_large(policy_of(session))) return {std::move(verdict), Rule::message_size};
    return std::move(verdict);
}

Reception::Reception(const Session& session)
    : content(session.parts.disk, session.parts.queue), dropper(dropped_fields(session)) {
    // In incoming/: elsewhere in the spool smtpd may make no files.
    if (session.transaction && session.transaction->parameters.body == smtp::Body::binary_mime)
        binary.emplace(session.parts.disk, session.config->general.spool_folder + "/incoming");
}

std::string& Reception::sink() {
    if (refused) return dropped_;
    return binary ? binary->tail() : content.tail();
}

net::Async<> Reception::keep(Session& session, std::size_t before) {
    dropper.feed(sink(), before);
    const std::string_view came = std::string_view(sink()).substr(before);
    trace.feed(came);
    header.feed(came);
    message_id.feed(came);
    dropped_.clear();
    if (refused) co_return;
    Result<> kept;
    if (binary) {
        kept = co_await binary->settle();
    } else {
        kept = co_await content.settle();
    }
    if (!kept) refused = storage_refusal(session, kept.error());
    if (!refused && (binary || content.size() > Content::max_in_memory)) co_await look_at_room(session);
}

/// Its size needn't have been told, and others fill the disk as well.
net::Async<> Reception::look_at_room(Session& session) {
    const Result<bool> room = co_await session.parts.queue.has_room(0, session.config->smtpd.queue_minfree);
    if (room && !*room) refused = insufficient_storage("smtpd.queue_minfree");
}

net::Async<> Reception::finish(Session& session, const smtp::DataFacts& decoded, std::optional<smtp::Reply> verdict) {
    const auto& settings = session.config->smtpd;
    facts = decoded;
    if (!refused) sink() += dropper.finish();
    // It may be the refusal that the decoder was given.
    if (verdict && !(refused && refused->reply == *verdict)) refused = content_refusal(session, *std::move(verdict));
    if (!refused && trace.count() > settings.received_limit) {
        refused = Refusal(
            {554, "5.4.6", "Too many hops: the message has " + std::to_string(trace.count()) + " Received fields"},
            Rule::hop_count);
    }
    if (!refused && session.transaction) refused = list_loop(*session.transaction, header);
    if (refused || !binary) co_return;
    Result<> opened = co_await session.parts.queue.open();
    if (!opened) {
        refused = storage_refusal(session, opened.error());
        co_return;
    }
    smtp::DataPolicy policy = policy_of(session);
    policy.max_size = UINT64_MAX;  // base64 makes it longer than what came
    Result<smtp::DataFacts> converted = co_await binary->convert(content, policy);
    if (converted) {
        facts = *converted;
    } else if (converted.error().code == ErrorCode::unsupported) {
        refused = smtp::Reply(554, "5.6.3", converted.error().text);
    } else {
        refused = storage_refusal(session, converted.error());
    }
    binary.reset();
}

void Reception::count(std::size_t octets, const config::Config::Smtpd& settings) {
    if (settings.min_data_rate == 0 || !paced_) return;
    const std::chrono::duration<double> earned(static_cast<double>(octets) /
                                               static_cast<double>(settings.min_data_rate));
    *paced_ = std::min(*paced_ + std::chrono::duration_cast<net::Clock::duration>(earned), net::Clock::now());
}

net::Deadline Reception::next_bytes_by(const config::Config::Smtpd& settings) {
    if (!paced_) paced_ = net::Clock::now();
    const auto pause = net::Deadline::in(settings.data_timeout);
    if (settings.min_data_rate == 0) return pause;
    return sooner(pause, net::Deadline{*paced_ + settings.data_timeout});
}

ChunkedReception::ChunkedReception(const Session& session)
    : message(session),
      chunks(policy_of(session), session.transaction ? session.transaction->parameters.body : std::nullopt) {}

}  // namespace posthouse::smtpd
