// Asks every part of the server about itself.
#include "webmail-bridge/survey.h"

#include <utility>

#include "lib/daemon/control_client.h"
#include "lib/net/scope.h"
#include "webmail-bridge/readiness.h"

namespace posthouse::bridge {

net::Async<std::shared_ptr<const Answered>> Survey::ask() {
    if (asking_) {
        Result<> waited = co_await done_.wait(net::Deadline::never());
        if (waited) co_return last_;
        co_return std::make_shared<const Answered>(fail(waited.error()));
    }
    asking_ = true;
    Answered answered = co_await ask_all();
    last_ = std::make_shared<const Answered>(std::move(answered));
    asking_ = false;
    done_.notify_all();
    co_return last_;
}

net::Async<Answered> Survey::ask_all() {
    const config::Snapshot config = daemon_.config();
    const std::string& folder = config->general.run_folder;
    Result<std::vector<Part>> parts = co_await pool_.run([&folder] { return find_parts(folder); });
    if (!parts) co_return fail(parts.error());
    std::vector<PartAnswer> answers;
    for (Part& part : *parts)
        if (part.name != daemon_.name()) answers.push_back({std::move(part)});
    const net::Deadline deadline = net::Deadline::in(config->bridge.part_timeout);
    net::Scope scope(daemon_.loop());
    for (PartAnswer& answer : answers) scope.spawn(&Survey::ask_part, this, &answer, deadline);
    co_await scope.join();
    co_return answers;
}

net::Async<> Survey::ask_part(Survey* survey, PartAnswer* answer, net::Deadline deadline) {
    if (std::string reason = reason_of_state(answer->part); !reason.empty()) {
        answer->answer = fail(ErrorCode::unavailable, std::move(reason));
        co_return;
    }
    http::Request request;
    request.target = survey->target_;
    Result<http::Response> got =
        co_await daemon::ask_control(survey->daemon_.loop(), answer->part.control, std::move(request), deadline);
    answer->answer = std::move(got);
}

}  // namespace posthouse::bridge
