// Active: the messages that are being worked on, from the moment they are due: opened, given to the scheduler,
// delivered when it says so, written down, and let go.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/scope.h"
#include "queued/core/closing.h"
#include "queued/core/parts.h"
#include "queued/core/work.h"
#include "queued/schedule/due_window.h"
#include "queued/schedule/scheduler.h"
#include "queued/spool/order.h"

namespace posthouse::queued {

/// Of the loop's thread.
class Active {
  public:
    explicit Active(Parts& parts);

    /// Works until `stopping` is cancelled; then no delivery begins any more, it waits for those that run, and the
    /// story ends.
    net::Async<> run(net::Event& stopping);

    /// A message of that id has come.
    void look_at(std::string_view id);
    /// Several files have that id: they become one before anything else is done with the message.
    void has_doubles(const std::string& id, std::vector<spool::Place> places);
    /// Somebody wants the message of that id tried now, whenever it is due.
    void flush(std::string_view id);
    /// An administrator wants that of a message that is being worked on: it is done as soon as the deliveries that go
    /// on are over, and no other begins. The last order counts. False: it isn't worked on, or that is about to end:
    /// its file is free, or will be at once.
    bool order(std::string_view id, spool::Order order);
    /// Deliveries that go on now.
    struct Attempting {
        std::string id;
        std::int64_t since = 0;  ///< seconds since 1970
        std::string route;       ///< "smtp:example.net"
        Standing standing;
        std::vector<std::uint32_t> recipients;  ///< places in the envelope's list
    };
    std::vector<Attempting> attempts() const;
    /// A destination is thought to be alive again.
    void revive(std::string_view destination);
    /// What is due when; scans fill it.
    schedule::DueWindow& window() { return window_; }
    /// The window has changed: look whether something is due.
    void look_again() { wake_.notify_all(); }

  private:
    struct HashId {
        std::size_t operator()(const schedule::MessageId& id) const {
            return std::hash<std::string_view>()(std::string_view(id.data(), id.size()));
        }
    };
    static net::Async<> wake_at_end(Active* active, net::Event* stopping);
    bool has_room() const;
    void take_asked();
    void take_due(schedule::TimePoint now);
    void begin(const schedule::MessageId& id, spool::Place place, Haste haste);
    spool::Place place_of(const schedule::MessageId& id) const;
    net::Async<> open(Work& work);
    net::Async<Result<>> sort_out(Work& work);
    void admit(Work& work, schedule::TimePoint now);
    void start_deliveries(schedule::TimePoint now);
    void take_put_off();
    void put_off(Work& work, Work::Part& part, schedule::TimePoint until);
    net::Async<> deliver(Work& work, Work::Part& part, schedule::Ticket ticket);
    net::Async<Result<Attempt>> attempt(Work& work, Work::Part& part);
    net::Async<Result<>> keep(Work& work, const Group& group, Attempt result);
    net::Async<> finish(Work& work);
    net::Async<Result<bool>> obey(Work& work);
    net::Async<Result<>> settle(Work& work);
    void let_go(Work& work);
    void try_later(Work& work, const Error& error);
    void rest(Work& work, schedule::TimePoint until);
    void part_over(Work& work);
    bool is_certainly_first(const Work& work, const Group& group) const;
    schedule::DestinationLimits limits_of(std::string_view destination) const;
    net::Deadline next_wake();
    void measure();

    Parts& parts_;
    schedule::DueWindow window_;
    schedule::Scheduler scheduler_;
    schedule::Random random_;
    net::Event wake_;
    net::Scope scope_;
    std::unordered_map<schedule::MessageId, std::unique_ptr<Work>, HashId> works_;
    /// Where messages lie that are due at another time than their file's name says. Bounded: whoever isn't here is
    /// looked for.
    std::unordered_map<schedule::MessageId, spool::Place, HashId> odd_places_;
    std::unordered_map<schedule::MessageId, spool::Order, HashId> orders_;  ///< of messages that are worked on
    /// Of which there are several files, and where.
    std::unordered_map<schedule::MessageId, std::vector<spool::Place>, HashId> doubles_;
    std::deque<schedule::MessageId> asked_;  ///< somebody wants them tried now; bounded
    std::size_t opening_ = 0;
    const std::int64_t began_;  ///< seconds since 1970, by the clock as it was then
    const std::chrono::steady_clock::time_point began_steadily_ = std::chrono::steady_clock::now();
    bool stopping_ = false;
};

}  // namespace posthouse::queued
