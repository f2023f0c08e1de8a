// Sending the responses of a FETCH as they are made.
#pragma once

#include "imapd/fetch/fetch_run.h"
#include "lib/base/result.h"
#include "lib/net/async.h"

namespace posthouse::imapd {

class Progress;
class Session;

/// Runs it to its end; between messages the client is told of its progress. An error: a message could not be read,
/// which is in the log; what came before it was sent. See Session::ended() afterwards.
net::Async<Result<>> send_fetched(Session& session, FetchRun& run, Progress& progress);

}  // namespace posthouse::imapd
