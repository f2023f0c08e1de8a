// DiskSpace: free bytes and inodes of the spool's file system.
#include "queued/core/disk_space.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/log.h"

namespace posthouse::queued {
namespace {

constexpr std::chrono::seconds look_interval{5};

/// What is wrong, for the log and /ready; empty: nothing.
std::string reason_of(const spool::FreeSpace& free, std::uint64_t minfree) {
    if (free.inodes == 0u) return "no inode is free";
    if (free.bytes >= std::max<std::uint64_t>(minfree, 1)) return {};
    return std::to_string(free.bytes) + " bytes are free, smtpd.queue_minfree is " + std::to_string(minfree);
}

}  // namespace

net::Async<> DiskSpace::run(net::Event& stopping) {
    while (!stopping.cancelled()) {
        (void)co_await look();  // whoever asks is told
        (void)co_await stopping.wait(net::Deadline::in(look_interval));
    }
}

net::Async<Result<>> DiskSpace::look() {
    const Result<spool::FreeSpace> free = co_await parts_.disk.run([&] { return parts_.spool.free_space(); });
    if (!free) co_return fail(free.error());
    parts_.counters.free_bytes.set(static_cast<double>(free->bytes));
    if (free->inodes)
        parts_.daemon.metrics()
            .gauge("posthouse_queue_free_inodes", "Free inodes of the spool's file system, if it counts them")
            .set(static_cast<double>(*free->inodes));
    const std::string reason = reason_of(*free, parts_.daemon.config()->smtpd.queue_minfree);
    const bool was_full = std::exchange(was_full_, !reason.empty());
    if (!was_full && was_full_)
        log::error("too little space on the disk of the spool: new messages are put off", {{"reason", reason}});
    if (was_full && !was_full_) log::info("the disk of the spool has space again", {{"bytes", free->bytes}});
    if (was_full_) co_return fail(ErrorCode::no_space, "Too little space on the disk of the spool", reason);
    co_return Result<>{};
}

}  // namespace posthouse::queued
