// Fates: replies and failures, translated.
#include "queued/outbound/fates.h"

#include <algorithm>
#include <utility>

#include "lib/smtp/remote_reply.h"

namespace posthouse::queued {
namespace {

/// Where the outcome of one host counts more than that of another.
int weight(schedule::Outcome outcome) {
    switch (outcome) {
        case schedule::Outcome::overloaded: return 3;
        case schedule::Outcome::served: return 2;
        case schedule::Outcome::unreachable: return 1;
        case schedule::Outcome::cancelled: return 0;
    }
    return 0;
}

std::string status_of(const transfer::Failure& failure) {
    switch (failure.kind) {
        case transfer::Failure::Kind::lost: return "4.4.2";
        case transfer::Failure::Kind::nonsense: return "4.5.0";
        case transfer::Failure::Kind::tls: return "4.7.5";
        case transfer::Failure::Kind::local: return failure.step == transfer::Step::login ? "4.7.8" : "4.3.0";
        case transfer::Failure::Kind::refused:
        case transfer::Failure::Kind::ended: break;
    }
    return "4.3.2";
}

}  // namespace

bool is_too_many(const transfer::Answer& answer) {
    if (answer.to != smtp::Verb::rcpt) return false;
    if (answer.reply.code == 452) return answer.reply.status.empty() || answer.reply.status == "4.5.3";
    return answer.reply.code == 552 && (answer.reply.status.empty() || answer.reply.status == "5.5.3");
}

Problem problem_of(const transfer::Failure& failure, const std::string& peer) {
    using Kind = transfer::Failure::Kind;
    const bool at_login = failure.step == transfer::Step::login;
    if (failure.kind == Kind::refused && failure.reply && !at_login) {
        const bool closes = failure.reply->code == 421;
        return {.remote = peer,
                .reply = *failure.reply,
                .outcome = closes ? schedule::Outcome::overloaded : schedule::Outcome::unreachable};
    }
    Problem problem{.remote = {}, .reply = smtp::Reply(451, status_of(failure), peer + ": " + failure.text)};
    if (failure.kind == Kind::ended) {
        problem.reply.lines.front() =
            peer + ": delivery was interrupted by the end of queued " + std::string(transfer::to_string(failure.step));
    } else if (at_login && failure.reply) {
        problem.reply.status = "4.7.8";
        problem.reply.lines.front() = peer + " refuses the log-in: " + smtp::diagnostic(*failure.reply, 500);
    } else if (failure.reply) {
        problem.reply.lines.front() += ": " + smtp::diagnostic(*failure.reply, 500);
    }
    if (failure.kind == Kind::ended || (failure.kind == Kind::local && !at_login))
        problem.outcome = schedule::Outcome::cancelled;
    return problem;
}

Fates::Fates(const Parcel& parcel, spool::EventKind success)
    : parcel_(parcel), success_(success), open_(parcel.recipients), fates_(parcel.recipients.size()) {}

void Fates::tell(schedule::Outcome outcome) {
    if (weight(outcome) > weight(outcome_)) outcome_ = outcome;
}

Fate Fates::fate_of(const smtp::Reply& reply, bool permanent, const std::string& remote) const {
    Fate fate{.kind = permanent ? spool::EventKind::bounced : spool::EventKind::deferred,
              .promise = spool::NoticePromise::no,
              .remote = remote,
              .status = smtp::status_of(reply),
              .reply = smtp::diagnostic(reply, spool::max_reply_bytes, smtp::Utf8::allowed)};
    // What is not for good doesn't say that it is: 552 of too many recipients, a reply that no command has.
    if (!permanent && fate.status.starts_with('5')) fate.status.front() = '4';
    if (permanent && !fate.status.starts_with('5')) fate.status = "5.0.0";
    return fate;
}

void Fates::set(std::uint32_t place, Fate fate) {
    const auto at = std::ranges::find(parcel_.recipients, place);
    fates_[static_cast<std::size_t>(at - parcel_.recipients.begin())] = std::move(fate);
    std::erase(open_, place);
}

void Fates::answered(std::uint32_t place, const transfer::Answer& answer, const std::string& peer, bool promises) {
    tell(answer.reply.code == 421 ? schedule::Outcome::overloaded : schedule::Outcome::served);
    const smtp::Verdict verdict = smtp::verdict_of(answer.reply, answer.to);
    if (verdict == smtp::Verdict::done) {
        Fate fate{.kind = success_,
                  .promise = spool::NoticePromise::no,
                  .remote = peer,
                  .status = smtp::status_of(answer.reply),
                  .reply = smtp::diagnostic(answer.reply, spool::max_reply_bytes, smtp::Utf8::allowed)};
        const bool asked = parcel_.envelope.recipients[place].notify.has_value();
        if (success_ == spool::EventKind::relayed && promises && asked) fate.promise = spool::NoticePromise::yes;
        set(place, std::move(fate));
        return;
    }
    set(place, fate_of(answer.reply, verdict == smtp::Verdict::permanent, peer));
}

void Fates::refused(std::uint32_t place, const smtp::Reply& reply, const std::string& remote) {
    set(place, fate_of(reply, reply.permanent(), remote));
}

void Fates::all_refused(const smtp::Reply& reply, const std::string& remote) {
    const std::vector<std::uint32_t> open = open_;
    for (const std::uint32_t place : open) refused(place, reply, remote);
}

void Fates::failed(Problem problem) {
    tell(problem.outcome);
    if (problem_ && problem.reply.permanent() && !problem_->reply.permanent()) return;
    problem_ = std::move(problem);
}

bool Fates::interrupted() const { return problem_ && problem_->outcome == schedule::Outcome::cancelled; }

Attempt Fates::finish() {
    if (!open_.empty()) {
        if (!problem_) failed({.remote = {}, .reply = smtp::Reply(451, "4.4.1", "No server could be asked")});
        all_refused(problem_->reply, problem_->remote);
    }
    Attempt attempt{.fates = {}, .outcome = outcome_};
    for (std::optional<Fate>& fate : fates_) attempt.fates.push_back(*std::move(fate));
    return attempt;
}

}  // namespace posthouse::queued
