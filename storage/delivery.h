// Delivery: one message into the mailboxes of its recipients, durable before the answer, never twice under one id.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"
#include "storage/quota_keeper.h"
#include "storage/store.h"

namespace posthouse::storage {

class DeliveryState;

/// Where a message goes. Recipients with equal `header` on one file system share a file's bytes (hard links).
struct DeliveryTarget {
    AccountName account;
    MailboxName mailbox;  ///< INBOX unless told otherwise
    std::string header;   ///< whole header lines with CRLF put before the content, e.g. Delivered-To; may be empty
    SharedLimits limits = nullptr;  ///< the account's quota; none: no limit
};

/// For an id that nobody else knows.
inline constexpr std::chrono::system_clock::time_point always = std::chrono::system_clock::time_point::max();

/// The transaction a delivery belongs to.
struct DeliveryOrder {
    /// 1 to 64 letters, digits, "-" and "_"; part of the file's name. The same id never means another message. Empty:
    /// each delivery is its own.
    std::string id;
    /// Nobody can have tried this id before, and nobody else tries it before then: spares the look through the whole
    /// mailbox for a first result, when the delivery begins in time. Whoever comes later waits for it, or finds it.
    std::chrono::system_clock::time_point first_until = {};
    std::vector<DeliveryTarget> targets;
    /// Where room is reserved for those targets that have limits.
    QuotaKeeper* quota = nullptr;
};

/// A message that is in its mailbox, durable.
struct Delivered {
    std::string file_name;  ///< its base name, for the log
    bool repeated = false;  ///< it was there already: this is the first delivery's result
    std::optional<config::QuotaWarning> warning = std::nullopt;  ///< it reached this threshold of the quota
};

/// One delivery: begin, write the content, commit. Dropped before, it leaves nothing. Takes no lock of the mailbox and
/// no UID. Used by one thread at a time.
class Delivery {
  public:
    /// Makes missing accounts. Fails only when no target can be written at all, with the first target's error; busy:
    /// another delivery of this id is under way.
    static Result<Delivery> begin(Store& store, DeliveryOrder order);
    Delivery(Delivery&&) noexcept;
    Delivery& operator=(Delivery&&) noexcept;
    ~Delivery();

    /// Adds octets of the content (CRLF line ends; pieces may end anywhere).
    Result<> write(std::string_view octets);
    /// Delivers: one result per target, in order. What succeeded is durable: file and folder are synced. Beside other
    /// failures: over_quota; limit: the message is larger than the quota.
    std::vector<Result<Delivered>> commit();

  private:
    explicit Delivery(std::unique_ptr<DeliveryState> state);
    std::unique_ptr<DeliveryState> state_;
};

}  // namespace posthouse::storage
