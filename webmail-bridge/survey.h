// Asks every part of the server about itself, all at once and each for a bounded time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/daemon/daemon.h"
#include "lib/http/message.h"
#include "lib/net/event.h"
#include "lib/net/pool.h"
#include "webmail-bridge/parts.h"

namespace posthouse::bridge {

/// What a part answered.
struct PartAnswer {
    Part part;
    Result<http::Response> answer = fail(ErrorCode::unavailable, "not asked");
};

using Answered = Result<std::vector<PartAnswer>>;

/// One question, such as "/ready". Whoever asks while it is being asked gets the same answers, so that many clients
/// cost the parts no more than one.
class Survey {
  public:
    Survey(daemon::Daemon& daemon, net::Pool& pool, std::string target)
        : daemon_(daemon), pool_(pool), target_(std::move(target)), done_(daemon.loop()) {}

    /// The answer of each part but this daemon; after bridge.part_timeout at the latest. Errors: the parts are not
    /// known.
    net::Async<std::shared_ptr<const Answered>> ask();

  private:
    static net::Async<> ask_part(Survey* survey, PartAnswer* answer, net::Deadline deadline);
    net::Async<Answered> ask_all();

    daemon::Daemon& daemon_;
    net::Pool& pool_;
    const std::string target_;
    net::Event done_;
    bool asking_ = false;
    std::shared_ptr<const Answered> last_;
};

}  // namespace posthouse::bridge
