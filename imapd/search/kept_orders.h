// KeptOrders: orders that SORT has found, for whoever sorts the same mailbox by the same keys next. A message's headers
// never change, so an order stays right for the messages that it has.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "lib/imap/sort.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// Those of all sessions of a process. Any thread may use it.
class KeptOrders {
  public:
    /// What was sorted, and by which keys.
    struct Key {
        static Key of(const storage::View& view, std::span<const imap::SortCriterion> criteria);
        std::string mailbox;  ///< its GUID
        storage::UidValidity uid_validity;
        std::string criteria;
        auto operator<=>(const Key&) const = default;
    };
    /// UIDs in their order. Some of them may be gone meanwhile, and new ones missing.
    using Order = std::shared_ptr<const std::vector<storage::Uid>>;

    /// `room`: the octets that all orders together may take; those that weren't used for longest make way.
    explicit KeptOrders(std::size_t room = 8u << 20) : room_(room) {}
    KeptOrders(const KeptOrders&) = delete;
    KeptOrders& operator=(const KeptOrders&) = delete;

    /// nullptr: there is none.
    Order find(const Key& key);
    /// In the place of the one there was. One that is larger than all the room is not kept.
    void keep(Key key, std::vector<storage::Uid> uids);

  private:
    struct Kept {
        Key key;
        Order order;
    };
    void drop_last();

    std::mutex mutex_;
    const std::size_t room_;
    std::size_t taken_ = 0;
    std::list<Kept> kept_;  ///< the one used last first
    std::map<Key, std::list<Kept>::iterator> places_;
};

}  // namespace posthouse::imapd
