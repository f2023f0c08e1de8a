// guardd's answer to each question.
#include "guardd/answers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

constexpr std::string_view too_many = "Too many connections from your address";
constexpr std::string_view banned = "Too many failed log-ins from your address, try again later";
constexpr std::size_t max_service_octets = 64;  // names of listeners are short
// A page of bans: as many as fit, in the longest of words at least one.
constexpr std::size_t max_page = 20;
constexpr std::size_t max_page_octets = policy::max_line_octets - 64;
// Mail of other servers comes here: who may not log in may still send it.
constexpr std::string_view without_log_in = "smtp";
// Whose connections are mail that is sent, and count as such.
constexpr std::array<std::string_view, 3> sending_services{"smtp", "submission", "submissions"};
constexpr std::uint64_t max_recipients = 1'000'000;

Answer dunno(Outcome outcome = Outcome::told) { return {{"DUNNO"}, outcome}; }
Answer refuse(std::string_view text) { return {{"REJECT " + std::string(text)}, Outcome::refused}; }
Answer deny(std::string_view text) { return {{"REJECT " + std::string(text)}, Outcome::denied}; }

Answer lifted(std::size_t count) { return {{"LIFTED " + std::to_string(count)}, Outcome::changed}; }

/// As many of the page as fit into a line.
template <typename T>
std::string page_action(std::vector<T> page, std::string (*action_of)(const std::vector<T>&)) {
    std::string action = action_of(page);
    while (action.size() > max_page_octets) {
        page.pop_back();
        action = action_of(page);
    }
    return action;
}

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

void add(std::vector<RateSubject>& subjects, RateKind kind, std::string_view name) {
    if (Result<RateSubject> subject = rate_subject(kind, name)) subjects.push_back(std::move(*subject));
}

bool holds(const std::vector<net::Network>& networks, const net::Address& address) {
    return std::ranges::any_of(networks, [&](const net::Network& network) { return network.contains(address); });
}

}  // namespace

Answers::Answers(Rules rules, Clocks clocks)
    : rules_(std::move(rules)),
      clocks_(std::move(clocks)),
      penalties_(rules_.penalties, clocks_.steady),
      bans_(rules_.bans, clocks_.wall),
      rates_(rules_.rates.entries, clocks_.wall) {}

void Answers::set(Rules rules) {
    rules_ = std::move(rules);
    penalties_.set(rules_.penalties);
    bans_.set(rules_.bans);
    rates_.set(rules_.rates.entries);
}

Answers::Client Answers::client_of(const policy::Request& request) const {
    const Result<net::Address> address = net::Address::from_ip(request.get("client_address"), 0);
    if (!address) return {};
    const bool trusted = holds(rules_.trusted_networks, *address);
    return {*address, trusted ? std::string() : client_network(*address, rules_.sizes),
            trusted || holds(rules_.allowed_networks, *address)};
}

Answer Answers::connect(ConnectionCounts::Owner owner, std::string_view service, const Client& client) {
    if (client.network.empty()) return {{"OK"}};
    if (!client.allowed && service != without_log_in) {
        const Ban* ban = bans_.find(client.address, {});
        // Who shares a network with an attacker, and used an account from there lately, may still come.
        if (ban != nullptr && (ban->by_hand || !penalties_.has_good(client.network))) return refuse(banned);
    }
    std::vector<RateSubject> counted;
    constexpr Amounts one_connection{1, 0, 0};
    if (std::ranges::find(sending_services, service) != sending_services.end())
        counted = RateAnswers::limited({{RateKind::client, client.network}}, one_connection, rules_.rates.limits);
    // A greeting has no place for its status.
    if (const std::optional<Refusal> refused = rates_.refusal(counted, one_connection, rules_.rates.limits))
        return refuse(refused->text);
    if (!connections_.open(owner, service, client.network, rules_.connections_per_address)) return refuse(too_many);
    count(std::move(counted), one_connection);
    return {{"OK"}};
}

// Postfix does not tell when a connection ends: its clients are held against the connections to smtpd beside it.
Answer Answers::postfix(const Client& client, const policy::Request& request) {
    if (request.get("protocol_state") == "DATA") {
        Answer answer = message(client, request);
        return answer.outcome == Outcome::limited ? answer : dunno();
    }
    if (client.network.empty() || connections_.count("smtp", client.network) < rules_.connections_per_address)
        return dunno();
    return {{"DEFER 4.7.0 " + std::string(too_many)}, Outcome::refused};
}

void Answers::count(std::vector<RateSubject> subjects, const Amounts& more) {
    if (subjects.empty()) return;
    Event event{.kind = EventKind::count, .at = clocks_.wall(), .subject = {}};
    event.counted = std::move(subjects);
    event.amounts = more;
    rates_.count(event.counted, more, event.at);
    record(std::move(event));
}

// Who has logged in is answerable for himself, wherever from: others of his network shall not suffer.
Answer Answers::message(const Client& client, const policy::Request& request) {
    const std::string_view user = request.get("sasl_username");
    const std::string_view domain = domain_of(request.get("sender"));
    const std::uint64_t recipients = ascii::parse_number(request.get("recipient_count")).value_or(1);
    const Amounts more{0, 1, std::min(recipients, max_recipients)};
    std::vector<RateSubject> subjects;
    add(subjects, user.empty() ? RateKind::client : RateKind::user, user.empty() ? client.network : user);
    add(subjects, user.empty() ? RateKind::sender_domain : RateKind::user_domain, domain);
    KindLimits limits = rules_.rates.limits;
    for (const RateKind kind : {RateKind::user, RateKind::user_domain})
        if (const std::optional<RateLimits> own = own_limits(request, kind)) limits[index(kind)] = *own;
    subjects = RateAnswers::limited(std::move(subjects), more, limits);
    if (const std::optional<Refusal> refused = rates_.refusal(subjects, more, limits))
        return {{(refused->for_good ? "REJECT " : "DEFER ") + std::string(refused->status) + ' ' + refused->text},
                Outcome::limited};
    count(std::move(subjects), more);
    return {{"OK"}};
}

Answer Answers::list_rates(const policy::Request& request) const {
    const std::optional<RateKind> first = rate_kind_named(request.get("kind"));
    if (!first) return deny("That is no kind of rates");
    return {{page_action(rates_.list(*first, request.get("name"), max_page), rates_action)}};
}

Answer Answers::reset(const policy::Request& request) {
    const std::optional<RateKind> kind = rate_kind_named(request.get("kind"));
    if (!kind) return deny("That is no kind of rates");
    std::string name(request.get("name"));
    // An address stands for the network that it is counted under.
    if (*kind == RateKind::client)
        if (std::string counted = client_network(name, rules_.sizes); !counted.empty()) name = std::move(counted);
    Result<RateSubject> subject = rate_subject(*kind, name);
    if (!subject) return deny(subject.error().text);
    const bool known = rates_.reset(*subject);
    Event event{.kind = EventKind::reset, .at = clocks_.wall(), .subject = {}};
    event.counted.push_back(std::move(*subject));
    record(std::move(event));
    return lifted(known ? 1 : 0);
}

Penalty Answers::penalty(const Client& client, std::string_view user) const {
    const std::string account = ascii::lower(user.substr(0, max_account_octets));
    // A ban by hand of an account counts everywhere, one of a network not where it is allowed.
    const Ban* ban = bans_.find(client.allowed ? net::Address() : client.address, account);
    const bool spared =
        ban != nullptr && !ban->by_hand && ban->subject.account.empty() && penalties_.is_good(client.network, account);
    if (ban != nullptr && !spared) return {{}, true, ban->reason};
    return {penalties_.delay(client.network, user)};
}

void Answers::failure(const Client& client, std::string_view user) {
    penalties_.failure(client.network, user);
    record({0, EventKind::failure, clocks_.wall(), {client.network, std::string(user.substr(0, max_account_octets))}});
    if (client.network.empty() || client.allowed) return;
    if (!user.empty())
        ban_for_failures(client, user, penalties_.failures_of(client.network, user), rules_.account_failures);
    ban_for_failures(client, {}, penalties_.failures_of(client.network), rules_.network_failures);
}

void Answers::ban_for_failures(const Client& client, std::string_view account, double failures, unsigned most) {
    // Decay between the first and the last of them must not make it one more.
    if (most == 0 || failures + 0.5 < most) return;
    const Result<BanSubject> subject = ban_subject(client.network, account);
    if (!subject) return;
    const std::optional<Ban> ban = bans_.ban_for_failures(*subject, std::to_string(most) + " failed log-ins");
    if (ban) record({0, EventKind::ban, clocks_.wall(), {}, *ban});
}

void Answers::success(const Client& client, std::string_view user) {
    const std::uint64_t before = penalties_.changes();
    penalties_.success(client.network, user);
    if (penalties_.changes() == before) return;
    record({0, EventKind::success, clocks_.wall(), {client.network, std::string(user.substr(0, max_account_octets))}});
}

Answer Answers::list_bans(const BanSubject& after) const {
    return {{page_action(bans_.list(after, max_page), bans_action)}};
}

Answer Answers::ban(const policy::Request& request) {
    Result<BanSubject> subject = ban_subject(request.get("client_network"), request.get("sasl_username"));
    if (!subject) return deny(subject.error().text);
    const WallTime now = clocks_.wall();
    Ban ban{std::move(*subject), now, std::nullopt, true,
            std::string(request.get("reason").substr(0, max_reason_octets))};
    if (const std::string_view text = request.get("duration"); !text.empty()) {
        const std::optional<std::uint64_t> seconds = ascii::parse_number(text);
        if (!seconds || *seconds == 0) return deny("That is no duration in seconds");
        const auto most = std::chrono::duration_cast<std::chrono::seconds>(latest_end - now).count();
        ban.until = now + std::chrono::seconds(std::min<std::uint64_t>(*seconds, static_cast<std::uint64_t>(most)));
    }
    const Result<> added = bans_.add(ban);
    if (!added) return deny(added.error().text);
    record({0, EventKind::ban, now, {}, std::move(ban)});
    return {{"OK"}, Outcome::changed};
}

Answer Answers::lift(const policy::Request& request) {
    const std::string_view network = request.get("client_network");
    const Result<BanSubject> subject = ban_subject(network, request.get("sasl_username"));
    if (!subject) return deny(subject.error().text);
    std::size_t count = lift_now(*subject);
    record({0, EventKind::lift, clocks_.wall(), *subject});
    // An address stands for the network that it is counted under, too.
    const std::string counted = client_network(network, rules_.sizes);
    if (!counted.empty() && counted != subject->network) {
        const BanSubject around{counted, subject->account};
        count += lift_now(around);
        record({0, EventKind::lift, clocks_.wall(), around});
    }
    return lifted(count);
}

std::size_t Answers::lift_now(const BanSubject& subject) {
    if (!subject.network.empty()) penalties_.forgive(subject.network);
    return bans_.lift(subject);
}

void Answers::record(Event event) {
    event.number = ++last_event_;
    events_.push_back(std::move(event));
}

SnapshotFile Answers::snapshot() const {
    SnapshotFile file{clocks_.wall(), penalties_.snapshot(), last_event_, {}, bans_.repeats(), {}};
    file.bans = bans_.list({}, bans_.size());
    file.rates = rates_.entries();
    return file;
}

void Answers::restore(const SnapshotFile& snapshot) {
    penalties_.restore(snapshot.penalties, clocks_.wall() - snapshot.taken_at);
    for (const Ban& ban : snapshot.bans) (void)bans_.add(ban);  // too many by hand: of a file that guardd did not write
    bans_.restore_repeats(snapshot.repeats, snapshot.taken_at);
    rates_.restore(snapshot.rates);
    last_event_ = std::max(last_event_, snapshot.events);
}

void Answers::replay(const Event& event) {
    if (event.number <= last_event_) return;
    last_event_ = event.number;
    const Time ago = std::max(Time::zero(), clocks_.wall() - event.at);
    const BanSubject& subject = event.subject;
    switch (event.kind) {
        case EventKind::failure: penalties_.failure(subject.network, subject.account, ago); return;
        case EventKind::success: penalties_.success(subject.network, subject.account, ago); return;
        case EventKind::ban: (void)bans_.add(event.ban); return;
        case EventKind::lift: (void)lift_now(subject); return;
        case EventKind::count: rates_.count(event.counted, event.amounts, std::min(event.at, clocks_.wall())); return;
        case EventKind::reset:
            for (const RateSubject& counted : event.counted) (void)rates_.reset(counted);
            return;
    }
    std::unreachable();
}

Answer Answers::answer(Asker asker, ConnectionCounts::Owner owner, const policy::Request& request) {
    const std::optional<Question> question = question_named(request.get("request"));
    if (!question) return dunno();
    if (asker != Asker::administrator && asker_of(*question) == Asker::administrator)
        return deny("Only root and the user of guardd may ask for that");
    const Client client = client_of(request);
    const std::string_view service = request.get("service").substr(0, max_service_octets);
    const std::string_view user = request.get("sasl_username");
    switch (*question) {
        case Question::postfix: return postfix(client, request);
        case Question::connect: return connect(owner, service, client);
        case Question::disconnect:
            // Also for a network that a reload has made a trusted one.
            connections_.close(owner, service, client_network(client.address, rules_.sizes));
            return dunno();
        case Question::restore:
            if (!client.network.empty())
                connections_.restore(owner, service, client.network,
                                     ascii::parse_number(request.get("count")).value_or(0));
            return dunno();
        case Question::penalty: {
            const Penalty expected = penalty(client, user);
            const Outcome outcome = expected.refused             ? Outcome::refused_login
                                    : expected.delay.count() > 0 ? Outcome::delayed_login
                                                                 : Outcome::told;
            return {{penalty_action(expected)}, outcome};
        }
        case Question::failure: failure(client, user); return dunno(Outcome::failed_login);
        case Question::success: success(client, user); return dunno();
        case Question::message: return message(client, request);
        case Question::bans: return list_bans({std::string(request.get("client_network")), std::string(user)});
        case Question::ban: return ban(request);
        case Question::lift: return lift(request);
        case Question::rates: return list_rates(request);
        case Question::reset: return reset(request);
    }
    std::unreachable();
}

}  // namespace posthouse::guard
