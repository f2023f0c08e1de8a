// Content between connection and disk pool.
#include "lmtpd/incoming.h"

#include <utility>

namespace posthouse::lmtpd {
namespace {

/// For whom the pool does the work. A message of several recipients waits for each of their mailboxes: such messages
/// wait together, and hold up none of a single recipient.
std::string whom_of(const storage::DeliveryOrder& order) {
    return order.targets.size() == 1 ? order.targets.front().account.text() : "several recipients";
}

}  // namespace

Incoming::Incoming(storage::Store& store, net::Pool& disk, storage::DeliveryOrder order)
    : store_(store), disk_(disk), order_(std::move(order)), targets_(order_.targets.size()), whom_(whom_of(order_)) {}

/// On the disk pool: begins the delivery if it hasn't begun, and writes the buffer.
Result<> Incoming::write() {
    if (error_) return fail(*error_);
    if (!delivery_) {
        Result<storage::Delivery> begun = storage::Delivery::begin(store_, std::move(order_));
        if (!begun) return fail(begun.error());
        delivery_.emplace(std::move(*begun));
    }
    return delivery_->write(buffer_);
}

net::Async<> Incoming::flow() {
    if (buffer_.size() < memory_octets) co_return;
    if (!error_) {
        const Result<> written = co_await disk_.run_for(whom_, [this] { return write(); });
        if (!written) error_ = written.error();
    }
    buffer_.clear();
}

net::Async<std::vector<Result<storage::Delivered>>> Incoming::commit() {
    std::vector<Result<storage::Delivered>> results = co_await disk_.run_for(whom_, [this] {
        if (const Result<> written = write(); !written)
            return std::vector<Result<storage::Delivered>>(targets_, fail(written.error()));
        std::vector<Result<storage::Delivered>> committed = delivery_->commit();
        delivery_.reset();
        return committed;
    });
    co_return results;
}

}  // namespace posthouse::lmtpd
