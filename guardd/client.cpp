// The client of guardd: one coroutine owns the connection and works a queue of questions off in batches.
#include "guardd/client.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "guardd/read_answer.h"
#include "lib/base/log.h"
#include "lib/net/connect.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"

namespace posthouse::guard {
namespace {

constexpr std::size_t batch_size = 100;    // questions sent before their answers are read
constexpr std::size_t queue_cap = 10'000;  // log-in reports beyond it are dropped
constexpr std::string_view reject_prefix = "REJECT ";
constexpr std::string_view defer_prefix = "DEFER ";

using Key = std::pair<std::string, std::string>;  ///< service and address

/// A question on its way.
struct Pending {
    Pending(net::Loop& loop, Question q, Key k, std::string w, net::Deadline d)
        : question(q), key(std::move(k)), wire(std::move(w)), deadline(d), answered(loop) {}
    Question question;
    Key key;  ///< of connect
    std::string wire;
    net::Deadline deadline;
    std::string action;  ///< the answer; empty: none came
    bool done = false;
    net::Event answered;
};

}  // namespace

struct Client::State {
    net::Loop& loop;
    const std::string socket;
    const ClientTimes times;
    std::deque<std::shared_ptr<Pending>> queue;
    std::map<Key, std::uint64_t> open;  ///< admissions, whether guardd knows of them or not
    std::optional<net::Stream> stream;
    net::Clock::time_point connected_at{};
    net::Deadline resting_until{};  ///< no attempt to connect before
    bool running = false;
    bool stopping = false;
    std::optional<net::Clock::time_point> lost_at;  ///< since then no question got an answer
    net::Event work;
    net::Scope scope;

    State(net::Loop& l, std::string path, ClientTimes t)
        : loop(l), socket(std::move(path)), times(t), work(l), scope(l) {}

    bool resting() const { return !stream && !resting_until.passed(); }
    bool usable() const { return !socket.empty() && !stopping && !resting(); }

    std::shared_ptr<Pending> enqueue(Question question, Key key, const policy::Request& request) {
        auto pending = std::make_shared<Pending>(loop, question, std::move(key), policy::to_wire(request),
                                                 net::Deadline::in(times.answer));
        queue.push_back(pending);
        if (!std::exchange(running, true)) scope.spawn(&State::run, this);
        wake();
        return pending;
    }
    void wake() {
        work.notify_all();
        if (stream) stream->wake();
    }
    void answer(Pending& pending, std::string action) {
        if (pending.question == Question::connect && !action.starts_with(reject_prefix)) ++open[pending.key];
        pending.action = std::move(action);
        pending.done = true;
        pending.answered.notify_all();
    }
    /// The answer's action; empty when guardd is away.
    net::Async<std::string> ask(Question question, Key key, policy::Request request) {
        const std::shared_ptr<Pending> pending = enqueue(question, std::move(key), request);
        while (!pending->done) co_await pending->answered.wait(net::Deadline::never());
        co_return pending->action;
    }
    /// The same, asked again while guardd may be about to start anew.
    net::Async<std::string> ask_patiently(Question question, policy::Request request) {
        const net::Clock::time_point begun = net::Clock::now();
        while (!socket.empty()) {
            if (usable()) {
                const std::string action = co_await ask(question, {}, request);
                if (!action.empty()) co_return action;
            }
            const net::Deadline patience{lost_at.value_or(begun) + times.patience};
            if (stopping || patience.passed()) break;
            co_await loop.sleep_until(resting_until);
        }
        co_return std::string();
    }
    void report(Question question, std::string_view ip, std::string_view user) {
        if (usable() && queue.size() < queue_cap) enqueue(question, {}, about_login(question, ip, user));
    }

    static net::Async<> run(State* state) {
        while (!state->stopping || (state->stream && !state->queue.empty())) {
            if (state->resting()) {
                co_await state->work.wait(state->resting_until);
            } else if (!state->stream && state->queue.empty() && state->open.empty()) {
                co_await state->work.wait(net::Deadline::never());
            } else if (!state->stream) {
                Result<> connected = co_await state->connect();
                if (!connected) state->lose(connected.error());
            } else if (state->queue.empty()) {
                Result<net::Input> input = co_await state->stream->wait_input(net::Deadline::never());
                if (!input || *input == net::Input::ready) state->hang_up();
            } else {
                Result<> exchanged = co_await state->exchange();
                if (!exchanged) state->lose(exchanged.error());
            }
        }
        state->stream.reset();
        state->forget_queue();
    }

    /// Connects, and puts what is open in front of the queue.
    net::Async<Result<>> connect() {
        Result<net::Stream> connected = co_await net::connect_unix(loop, socket, net::Deadline::in(times.answer));
        if (!connected) co_return fail(connected.error());
        stream = std::move(*connected);
        connected_at = net::Clock::now();
        for (const auto& [key, count] : open)
            queue.push_front(std::make_shared<Pending>(loop, Question::restore, key,
                                                       policy::to_wire(restore(key.first, key.second, count)),
                                                       net::Deadline::in(times.answer)));
        co_return Result<>{};
    }

    /// Sends a batch of the queue and reads its answers.
    net::Async<Result<>> exchange() {
        std::deque<std::shared_ptr<Pending>> batch;
        while (!queue.empty() && batch.size() < batch_size) {
            batch.push_back(std::move(queue.front()));
            queue.pop_front();
        }
        Result<> outcome = co_await send(batch);
        while (outcome && !batch.empty()) {
            Result<std::string> action = co_await read_answer(*stream, batch.front()->deadline);
            if (action) {
                if (std::exchange(lost_at, std::nullopt)) log::info("guardd answers again");
                answer(*batch.front(), std::move(*action));
                batch.pop_front();
            } else {
                outcome = fail(action.error());
            }
        }
        for (const auto& pending : batch) answer(*pending, {});
        co_return outcome;
    }
    net::Async<Result<>> send(const std::deque<std::shared_ptr<Pending>>& batch) {
        const net::Deadline deadline = batch.front()->deadline;
        for (const auto& pending : batch) {
            Result<> written = co_await stream->write(pending->wire, deadline);
            if (!written) co_return written;
        }
        Result<> flushed = co_await stream->flush(deadline);
        co_return flushed;
    }

    /// After an idle connection ended: guardd was restarted. At most one attempt to connect in each pause.
    void hang_up() {
        stream.reset();
        resting_until = {connected_at + times.pause};
        // The next connection begins with all that is open: what ended until then need not be told.
        std::erase_if(queue, [](const auto& pending) { return pending->question == Question::disconnect; });
        if (resting()) forget_queue();
    }
    void lose(const Error& error) {
        if (!lost_at) {
            lost_at = net::Clock::now();
            log::warning("guardd is away: connections are let in uncounted", {{"reason", error.message()}});
        }
        stream.reset();
        resting_until = net::Deadline::in(times.pause);
        forget_queue();
    }
    void forget_queue() {
        for (const auto& pending : queue) answer(*pending, {});
        queue.clear();
    }
};

Client::Client(net::Loop& loop, std::string socket, ClientTimes times)
    : state_(std::make_unique<State>(loop, std::move(socket), times)) {}
Client::~Client() = default;

net::Async<Result<Admission>> Client::connect(std::string_view service, const net::Address& peer) {
    State& state = *state_;
    if (state.socket.empty() || !peer.is_ip()) co_return Admission();
    Key key(service, peer.ip());
    if (!state.usable()) {
        ++state.open[key];
        co_return Admission(*this, std::move(key.first), std::move(key.second));
    }
    const std::string action =
        co_await state.ask(Question::connect, key, about_connection(Question::connect, key.first, key.second));
    if (action.starts_with(reject_prefix)) co_return fail(ErrorCode::limit, action.substr(reject_prefix.size()));
    co_return Admission(*this, std::move(key.first), std::move(key.second));
}

void Client::disconnect(const std::string& service, const std::string& ip) {
    State& state = *state_;
    Key key(service, ip);
    const auto found = state.open.find(key);
    if (found == state.open.end()) return;
    if (--found->second == 0) state.open.erase(found);
    if (state.stream && !state.stopping)
        state.enqueue(Question::disconnect, std::move(key), about_connection(Question::disconnect, service, ip));
}

net::Async<std::optional<Penalty>> Client::auth_penalty(std::string_view ip, std::string_view user) {
    if (!state_->usable()) co_return std::nullopt;
    const std::string action = co_await state_->ask(Question::penalty, {}, about_login(Question::penalty, ip, user));
    co_return to_penalty(action);
}

void Client::auth_failure(std::string_view ip, std::string_view user) { state_->report(Question::failure, ip, user); }

void Client::auth_success(std::string_view ip, std::string_view user) { state_->report(Question::success, ip, user); }

net::Async<Result<>> Client::message(policy::Request about) {
    const std::string action = co_await state_->ask_patiently(Question::message, std::move(about));
    // What follows "DEFER 4.7.1 " and "REJECT 5.5.3 ".
    const auto text_of = [&action](std::string_view prefix) {
        return action.substr(std::min(action.find(' ', prefix.size()), action.size() - 1) + 1);
    };
    if (action.starts_with(defer_prefix)) co_return fail(ErrorCode::limit, text_of(defer_prefix));
    if (action.starts_with(reject_prefix)) co_return fail(ErrorCode::denied, text_of(reject_prefix));
    co_return Result<>{};
}

bool Client::away() const { return state_->lost_at.has_value(); }

net::Async<> Client::stop() {
    state_->stopping = true;
    state_->wake();
    co_await state_->scope.join();
}

Admission::Admission(Admission&& other) noexcept
    : client_(std::exchange(other.client_, nullptr)), service_(std::move(other.service_)), ip_(std::move(other.ip_)) {}

Admission& Admission::operator=(Admission&& other) noexcept {
    if (this != &other) {
        end();
        client_ = std::exchange(other.client_, nullptr);
        service_ = std::move(other.service_);
        ip_ = std::move(other.ip_);
    }
    return *this;
}

void Admission::end() {
    if (Client* client = std::exchange(client_, nullptr)) client->disconnect(service_, ip_);
}

}  // namespace posthouse::guard
