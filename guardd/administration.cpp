// Administration: one question after the other.
#include "guardd/administration.h"

#include <utility>

#include "guardd/questions.h"
#include "guardd/read_answer.h"
#include "lib/base/ascii.h"
#include "lib/net/connect.h"

namespace posthouse::guard {
namespace {

constexpr auto patience = std::chrono::seconds(5);
constexpr std::string_view reject_prefix = "REJECT ";
constexpr std::string_view lifted_prefix = "LIFTED ";

Error unavailable(const Error& error) { return {ErrorCode::unavailable, "guardd does not answer", error.message()}; }

}  // namespace

net::Async<Result<std::string>> Administration::ask(policy::Request request) {
    const net::Deadline deadline = net::Deadline::in(patience);
    if (!stream_) {
        Result<net::Stream> connected = co_await net::connect_unix(loop_, socket_, deadline);
        if (!connected) co_return fail(unavailable(connected.error()));
        stream_ = std::move(*connected);
    }
    Result<> sent = co_await stream_->write(policy::to_wire(request), deadline);
    if (sent) sent = co_await stream_->flush(deadline);
    if (!sent) co_return fail(unavailable(sent.error()));
    Result<std::string> action = co_await read_answer(*stream_, deadline);
    if (!action) co_return fail(unavailable(action.error()));
    if (action->starts_with(reject_prefix)) co_return fail(ErrorCode::denied, action->substr(reject_prefix.size()));
    co_return action;
}

net::Async<Result<std::vector<Ban>>> Administration::bans() {
    std::vector<Ban> all;
    BanSubject last;
    for (;;) {
        const Result<std::string> action = co_await ask(bans_after(last));
        if (!action) co_return fail(action.error());
        Result<std::vector<Ban>> page = to_bans(*action);
        if (!page) co_return fail(page.error());
        if (page->empty()) co_return all;
        // Pages that don't go on would never end.
        if (page->back().subject <= last) co_return fail(ErrorCode::invalid, "guardd tells its bans out of order");
        last = page->back().subject;
        for (Ban& ban : *page) all.push_back(std::move(ban));
    }
}

net::Async<Result<>> Administration::ban(BanSubject subject, std::optional<std::chrono::seconds> duration,
                                         std::string reason) {
    const Result<std::string> action = co_await ask(ban_request(subject, duration, reason));
    if (!action) co_return fail(action.error());
    if (*action != "OK") co_return fail(ErrorCode::unsupported, "guardd doesn't know bans: is it an older one?");
    co_return Result<>{};
}

net::Async<Result<std::size_t>> Administration::lift(policy::Request request) {
    const Result<std::string> action = co_await ask(std::move(request));
    if (!action) co_return fail(action.error());
    const auto count =
        action->starts_with(lifted_prefix) ? ascii::parse_number(action->substr(lifted_prefix.size())) : std::nullopt;
    if (!count) co_return fail(ErrorCode::unsupported, "guardd doesn't know that: is it an older one?");
    co_return static_cast<std::size_t>(*count);
}

net::Async<Result<std::size_t>> Administration::lift(BanSubject subject) {
    Result<std::size_t> count = co_await lift(lift_request(subject));
    co_return count;
}

net::Async<Result<std::vector<Rate>>> Administration::rates() {
    std::vector<Rate> all;
    RateSubject last;
    for (;;) {
        const Result<std::string> action = co_await ask(rates_after(last));
        if (!action) co_return fail(action.error());
        Result<std::vector<Rate>> page = to_rates(*action);
        if (!page) co_return fail(page.error());
        if (page->empty()) co_return all;
        // Pages that don't go on would never end.
        if (page->back().subject <= last) co_return fail(ErrorCode::invalid, "guardd tells its rates out of order");
        last = page->back().subject;
        for (Rate& rate : *page) all.push_back(std::move(rate));
    }
}

net::Async<Result<std::size_t>> Administration::reset(RateSubject subject) {
    Result<std::size_t> count = co_await lift(reset_request(subject));
    co_return count;
}

}  // namespace posthouse::guard
