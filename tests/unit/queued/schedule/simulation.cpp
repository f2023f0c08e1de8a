// A queue in virtual time.
#include "tests/unit/queued/schedule/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

namespace posthouse::schedule {

using namespace std::chrono_literals;

Simulation::Simulation(const SchedulerLimits& limits, Scheduler::LimitsOf limits_of, Random::result_type seed,
                       std::size_t window)
    : scheduler_(
          limits, limits_of ? std::move(limits_of) : [](std::string_view) { return DestinationLimits(); }, seed),
      window_(window),
      random_(seed) {}

MessageId Simulation::id_of(std::size_t mail) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016zu", mail);
    return *message_id({text.data(), 16});
}

std::size_t Simulation::mail_of(const MessageId& id) { return std::stoull(std::string(id.begin(), id.end())); }

void Simulation::send(TimePoint at, std::string sender, std::string destination, int priority) {
    arrivals_.emplace(at, mail_.size());
    mail_.push_back(
        {.sender = std::move(sender), .destination = std::move(destination), .arrival = at, .priority = priority});
    mail_.back().due = TimePoint::max();
}

void Simulation::open(std::size_t number) {
    Mail& mail = mail_[number];
    ++mail.opened;
    const TimePoint expiry = backoff.expiry(mail.arrival);
    if (now_ >= expiry) {
        mail.given_up = now_;
        window_.forget(id_of(number));
        return;
    }
    const Job job{.id = id_of(number),
                  .destination = mail.destination,
                  .sender = mail.sender,
                  .priority = mail.priority,
                  .expiry = expiry};
    const auto until = scheduler_.admit(job, now_);
    if (!until) return;
    ASSERT_GT(*until, now_);
    ASSERT_LE(*until, expiry);
    put_back(number, *until);
}

void Simulation::put_back(std::size_t mail, TimePoint due) {
    mail_[mail].due = due;
    window_.put_back(id_of(mail), due);
}

void Simulation::end(const End& end) {
    Mail& mail = mail_[end.mail];
    ASSERT_TRUE(mail.running);
    mail.running = false;
    --running_[mail.destination];
    scheduler_.finished(end.ticket, end.outcome, now_);
    if (end.outcome == Outcome::served) {
        ASSERT_FALSE(mail.delivered);
        mail.delivered = now_;
        ++delivered_;
        window_.forget(id_of(end.mail));
        return;
    }
    const auto due = backoff.next_attempt(mail.arrival, ++mail.attempts, now_, random_);
    if (due) {
        put_back(end.mail, *due);
    } else {
        mail.given_up = now_;
        window_.forget(id_of(end.mail));
    }
}

void Simulation::begin_deliveries() {
    while (const auto start = scheduler_.next(now_)) {
        const std::size_t number = mail_of(start->id);
        Mail& mail = mail_[number];
        ASSERT_FALSE(mail.running || mail.delivered) << "a message is sent once";
        ASSERT_EQ(start->destination, mail.destination);
        mail.running = true;
        ++attempts_[mail.destination];
        std::uint32_t& most = most_running_[mail.destination];
        most = std::max(most, ++running_[mail.destination]);
        const auto known = behaviours_.find(mail.destination);
        const Attempt attempt = known == behaviours_.end() ? Attempt{200ms} : known->second(now_, random_);
        ends_.push({now_ + attempt.takes, order_++, start->ticket, number, attempt.outcome});
    }
    for (const PutOff& put_off : scheduler_.take_put_off()) put_back(mail_of(put_off.id), put_off.until);
}

void Simulation::scan() {
    last_scan_ = now_;
    window_.begin_scan();
    for (std::size_t i = 0; i < mail_.size(); ++i) {
        const Mail& mail = mail_[i];
        if (mail.arrival <= now_ && !mail.delivered && !mail.given_up && mail.due != TimePoint::max())
            window_.offer(id_of(i), mail.due);
    }
    window_.end_scan();
}

void Simulation::run_until(TimePoint end_of_run) {
    while (!::testing::Test::HasFatalFailure()) {
        if (window_.wants_scan(now_, 1min) && now_ - last_scan_ >= 10s) scan();
        while (!arrivals_.empty() && arrivals_.begin()->first <= now_) {
            const std::size_t number = arrivals_.begin()->second;
            arrivals_.erase(arrivals_.begin());
            ASSERT_TRUE(window_.claim(id_of(number)));
            open(number);
        }
        while (!ends_.empty() && ends_.top().at <= now_) {
            const End ended = ends_.top();
            ends_.pop();
            end(ended);
        }
        while (const auto id = window_.take(now_)) open(mail_of(*id));
        begin_deliveries();

        TimePoint next = std::min(window_.next_due(), scheduler_.wake_at());
        if (!arrivals_.empty()) next = std::min(next, arrivals_.begin()->first);
        if (!ends_.empty()) next = std::min(next, ends_.top().at);
        if (window_.horizon() < TimePoint::max())
            next = std::min(next, std::max(last_scan_ + 10s, window_.horizon() - 1min + 1ms));
        if (next >= end_of_run) break;
        now_ = std::max(next, now_ + Duration(next <= now_ ? 1 : 0));
    }
    if (end_of_run < TimePoint::max()) now_ = end_of_run;
}

std::size_t Simulation::attempts_at(const std::string& destination) const {
    const auto found = attempts_.find(destination);
    return found == attempts_.end() ? 0 : found->second;
}

std::uint32_t Simulation::most_running(const std::string& destination) const {
    const auto found = most_running_.find(destination);
    return found == most_running_.end() ? 0 : found->second;
}

Duration Simulation::longest_delay(const std::function<bool(const Mail&)>& which) const {
    Duration longest{};
    std::size_t count = 0;
    for (const Mail& mail : mail_) {
        if (!which(mail)) continue;
        ++count;
        if (!mail.delivered) {
            ADD_FAILURE() << "not delivered: from " << mail.sender << " to " << mail.destination;
            return Duration::max();
        }
        longest = std::max(longest, mail.delay());
    }
    EXPECT_GT(count, 0u);
    return longest;
}

}  // namespace posthouse::schedule
