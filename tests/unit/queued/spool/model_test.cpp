// The queue against a small model: random commands, with everything closed and opened again in between.
#include <array>
#include <map>
#include <random>

#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

struct ModelMessage {
    Envelope envelope;
    std::string message;
    Place place;
    std::vector<RecipientState> states;
};

class ModelTest : public SpoolTest, public ::testing::WithParamInterface<unsigned> {
  protected:
    unsigned roll(unsigned sides) { return std::uniform_int_distribution<unsigned>(0, sides - 1)(random); }

    void accept_one() {
        ModelMessage one;
        std::vector<std::string> addresses;
        for (unsigned n = roll(4) + 1; n > 0; --n) addresses.push_back("user" + std::to_string(n) + "@example.net");
        one.envelope = envelope_to(addresses);
        if (roll(4) == 0) one.envelope.sender.reset();
        if (roll(4) == 0) one.envelope.hold_until = 1'700'000'000 + roll(1000);
        for (Recipient& recipient : one.envelope.recipients)
            if (roll(2) == 0) recipient.notify = smtp::DsnNotify{roll(2) == 0, roll(2) == 0, roll(2) == 0};
        const std::string front = content_of_size(roll(3) == 0 ? roll(2000) : 0);
        const std::string content = content_of_size(roll(8) == 0 ? roll(200'000) : roll(500));
        Writer writer = Writer::begin(incoming).value();
        if (roll(3) == 0) ASSERT_TRUE(writer.reserve(roll(300'000)));
        for (std::size_t at = 0; at < content.size();) {
            const std::size_t size = 1 + roll(70'000);
            ASSERT_TRUE(writer.write(std::string_view(content).substr(at, size)));
            at += size;
        }
        if (roll(6) == 0) return;  // dropped
        ASSERT_TRUE(writer.finish(one.envelope, front));
        one.message = front + content;
        one.place = {Folder::incoming, {one.envelope.id, one.envelope.hold_until.value_or(0)}};
        one.states.resize(one.envelope.recipients.size());
        model[one.envelope.id] = one;
    }

    Event some_event(const ModelMessage& one) {
        constexpr std::array kinds{EventKind::deferred, EventKind::delivered, EventKind::relayed,
                                   EventKind::bounced,  EventKind::warned,    EventKind::notified};
        Event made = event(kinds.at(roll(kinds.size())), {}, 1'700'000'000 + roll(100'000));
        for (std::uint32_t i = 0; i < one.states.size(); ++i)
            if (roll(2) == 0) made.recipients.push_back(i);
        if (made.kind == EventKind::relayed && roll(2) == 0) made.promise = NoticePromise::yes;
        if (roll(2) == 0) made.reply = "45" + std::to_string(roll(10)) + " reply\n";
        if (roll(2) == 0) made.remote = "mx" + std::to_string(roll(10)) + ".example.net";
        if (roll(2) == 0) made.status = "4.4.1";
        return made;
    }

    void record_some(ModelMessage& one, Entry& entry) {
        std::vector<Event> events;
        std::vector<RecipientState> after = one.states;
        bool possible = true;
        for (unsigned n = roll(3) + 1; n > 0; --n) {
            events.push_back(some_event(one));
            possible = possible && may_apply(events.back(), after);
            apply_event(events.back(), after);
        }
        const Result<> recorded = entry.record(events);
        ASSERT_EQ(recorded.has_value(), possible);
        if (possible) one.states = after;
    }

    void move_one(ModelMessage& one, Entry& entry) {
        const std::int64_t due = 1 + roll(2'000'000'000);
        switch (roll(3)) {
            case 0: ASSERT_TRUE(entry.defer(due)); break;
            case 1: ASSERT_TRUE(entry.hold(event(EventKind::held, {}))); break;
            default: ASSERT_TRUE(entry.release(event(EventKind::released, {}), due)); break;
        }
        if (entry.place().folder == Folder::hold)
            one.place.folder = Folder::hold;
        else
            one.place = {Folder::deferred, {one.place.name.id, due}};
        ASSERT_EQ(entry.place(), one.place);
    }

    void work_on_one() {
        if (model.empty()) return;
        auto found = model.begin();
        std::advance(found, roll(static_cast<unsigned>(model.size())));
        ModelMessage& one = found->second;
        Entry entry = open(one.place);
        ASSERT_EQ(entry.envelope(), one.envelope);
        for (unsigned n = roll(4); n > 0; --n) {
            if (roll(3) == 0)
                move_one(one, entry);
            else
                record_some(one, entry);
            ASSERT_EQ(entry.states(), one.states);
        }
        ASSERT_EQ(message_of(entry, 1 + roll(100'000)).value(), one.message);
        ASSERT_EQ(entry.nothing_left(), nothing_left(one.envelope, one.states));
        if (!entry.nothing_left() && roll(12) != 0) return;
        ASSERT_TRUE(entry.remove());
        model.erase(found);
    }

    void compare() {
        std::size_t count = 0;
        for (const Folder in : all_folders)
            for (const Place& place : places_in(spool, in, 1 + roll(5))) {
                ++count;
                ASSERT_TRUE(model.contains(place.name.id));
                const ModelMessage& one = model[place.name.id];
                ASSERT_EQ(place, one.place);
                const Result<Listed> listed = spool.look(place);
                ASSERT_TRUE(listed) << listed.error().message();
                ASSERT_EQ(listed->envelope, one.envelope);
                ASSERT_EQ(listed->states, one.states);
                ASSERT_EQ(listed->message_bytes, one.message.size());
            }
        ASSERT_EQ(count, model.size());
    }

    std::mt19937 random{GetParam()};
    std::map<std::string, ModelMessage> model;
};

TEST_P(ModelTest, AnyCommandsInAnyOrder) {
    for (int step = 0; step < 600 && !HasFatalFailure(); ++step) {
        SCOPED_TRACE(step);
        if (roll(3) == 0)
            accept_one();
        else
            work_on_one();
        if (step % 50 != 49) continue;
        spool = Spool::open(root).value();
        compare();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace posthouse::spool
