// Orders of SORT, the ones used last.
#include "imapd/search/kept_orders.h"

#include <utility>

namespace posthouse::imapd {
namespace {

std::size_t octets_of(const KeptOrders::Order& order) { return order->capacity() * sizeof(storage::Uid); }

}  // namespace

KeptOrders::Key KeptOrders::Key::of(const storage::View& view, std::span<const imap::SortCriterion> criteria) {
    Key key{.mailbox = view.mailbox().guid(), .uid_validity = view.mailbox().uid_validity(), .criteria = {}};
    for (const imap::SortCriterion& criterion : criteria) {
        key.criteria += static_cast<char>('a' + static_cast<int>(criterion.key));
        if (criterion.reverse) key.criteria += '-';
    }
    return key;
}

KeptOrders::Order KeptOrders::find(const Key& key) {
    const std::scoped_lock lock(mutex_);
    const auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, place->second);
    return place->second->order;
}

void KeptOrders::keep(Key key, std::vector<storage::Uid> uids) {
    uids.shrink_to_fit();
    Order order = std::make_shared<const std::vector<storage::Uid>>(std::move(uids));
    const std::scoped_lock lock(mutex_);
    if (const auto place = places_.find(key); place != places_.end()) {
        kept_.splice(kept_.end(), kept_, place->second);
        drop_last();
    }
    if (octets_of(order) > room_) return;
    while (taken_ + octets_of(order) > room_) drop_last();
    taken_ += octets_of(order);
    kept_.push_front({key, std::move(order)});
    places_.emplace(std::move(key), kept_.begin());
}

void KeptOrders::drop_last() {
    taken_ -= octets_of(kept_.back().order);
    places_.erase(kept_.back().key);
    kept_.pop_back();
}

}  // namespace posthouse::imapd
