// Priority by sched_setattr(2), for which the C library has no wrapper; its header and <sched.h> can't be included
// together.
#include "lib/net/low_priority.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace posthouse::net {
namespace {

constexpr int nice = 10;
// Nice makes the share small, but who wakes up may still have to wait for the end of a slice, 3 ms or so. A thread with
// a longer slice than the one that wakes up is set aside at once (since Linux 6.12; older ones go by nice, and ignore
// this).
constexpr std::uint64_t slice_ns = 50'000'000;

}  // namespace

void lower_priority() {
    sched_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.sched_policy = SCHED_NORMAL;
    attributes.sched_nice = nice;
    attributes.sched_runtime = slice_ns;
    ::syscall(SYS_sched_setattr, 0, &attributes, 0U);  // to Linux a thread is a process; 0: the calling one
}

}  // namespace posthouse::net
