// Queue: the spool as smtpd sees it.
#include "smtpd/delivery/queue.h"

#include <chrono>
#include <utility>

namespace posthouse::smtpd {
namespace {

constexpr std::chrono::seconds look_interval{1};

Result<spool::Incoming> open_or_make(const std::string& folder) {
    Result<spool::Incoming> opened = spool::Incoming::open(folder);
    if (opened || opened.error().code != ErrorCode::not_found) return opened;
    if (const Result<> made = spool::make_spool(folder); !made) return fail(made.error());
    return spool::Incoming::open(folder);
}

}  // namespace

Queue::Queue(net::Pool& disk, std::string spool_folder, std::string wake_socket)
    : disk_(disk), folder_(std::move(spool_folder)), wake_(std::move(wake_socket)) {}

net::Async<Result<>> Queue::open() {
    if (incoming_) co_return Result<>{};
    const auto work = [this] { return open_or_make(folder_); };
    Result<spool::Incoming> opened = co_await disk_.run(work);
    if (!opened) co_return fail(opened.error());
    if (!incoming_) incoming_ = *std::move(opened);
    co_return Result<>{};
}

net::Async<Result<bool>> Queue::has_room(std::uint64_t bytes, std::uint64_t keep_free) {
    const auto now = net::Clock::now();
    if (!looked_ || now - looked_at_ >= look_interval) {
        Result<> opened = co_await open();
        if (!opened) co_return fail(opened.error());
        const spool::Incoming& incoming = *incoming_;
        const auto work = [&incoming] { return incoming.free_bytes(); };
        Result<std::uint64_t> free = co_await disk_.run(work);
        if (!free) co_return fail(free.error());
        free_bytes_ = *free;
        looked_at_ = now;
        looked_ = true;
    }
    const bool fits = free_bytes_ >= keep_free && free_bytes_ - keep_free >= bytes;
    co_return fits;
}

Result<spool::Writer> Queue::begin() const {
    if (!incoming_) return fail(ErrorCode::unavailable, "The spool is not open");
    return spool::Writer::begin(*incoming_);
}

net::Async<Result<>> Queue::finish(spool::Writer& writer, const spool::Envelope& envelope, std::string_view front) {
    const auto work = [&writer, &envelope, front] { return writer.finish(envelope, front); };
    Result<> done = co_await disk_.run(work);
    // When it can't be told, it finds the message by itself.
    if (done) wake_.tell({wake::Signal::Kind::arrived, envelope.id});
    co_return done;
}

}  // namespace posthouse::smtpd
