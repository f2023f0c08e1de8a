// Reads guardd's answer to one question off its stream.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/net/async.h"
#include "lib/net/stream.h"

namespace posthouse::guard {

/// The action. Errors: of the stream; invalid and limit, that was no answer.
net::Async<Result<std::string>> read_answer(net::Stream& stream, net::Deadline deadline);

}  // namespace posthouse::guard
