// The priority of threads that compute for long.
#pragma once

namespace posthouse::net {

/// Lowers the calling thread's priority for good: a tenth of the usual share of a processor, and whoever else wakes up
/// goes first, at once. Where the thread may not, nothing changes.
void lower_priority();

}  // namespace posthouse::net
