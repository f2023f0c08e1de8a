// Several files of one message: an old copy of the spool was put back over it.
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

class DoublesTest : public SpoolTest {
  protected:
    void copy(const Place& from, const Place& to) { std::filesystem::copy_file(path(from), path(to)); }
    /// Opens it, records, and closes it.
    void record(const Place& place, const std::vector<Event>& events) {
        Entry entry = open(place);
        ASSERT_TRUE(entry.record(events));
    }
    std::vector<Place> all() const {
        std::vector<Place> places;
        for (const Folder each : {Folder::incoming, Folder::deferred, Folder::hold})
            for (Place& place : places_in(spool, each)) places.push_back(std::move(place));
        return places;
    }
    /// Settles what is opened there, and gives it.
    Entry settled(const Place& place) {
        Entry entry = open(place);
        testing::internal::CaptureStderr();
        const Result<> done = spool.settle(entry, spool.doubles({envelope.id}).value()[envelope.id]);
        log = testing::internal::GetCapturedStderr();
        EXPECT_TRUE(done) << done.error().message();
        return entry;
    }

    const Envelope envelope = envelope_to({"a@example.net", "b@example.net", "c@example.net"});
    const Place fresh{Folder::incoming, {envelope.id, 0}};
    const Place later{Folder::deferred, {envelope.id, 2'000'000'000}};
    std::string log;
};

TEST_F(DoublesTest, OfTwoCopiesTheNewerOneCountsWhicheverIsOpened) {
    for (const bool old_first : {true, false}) {
        std::filesystem::remove(path(later));
        ASSERT_TRUE(accept(incoming, envelope, "x"));
        copy(fresh, later);
        record(later,
               {event(EventKind::bounced, {0}), event(EventKind::notified, {0}), event(EventKind::deferred, {1})});
        EXPECT_EQ(spool.doubles({envelope.id, make_id()})->size(), 1u);
        const Entry entry = settled(old_first ? fresh : later);
        EXPECT_EQ(entry.place(), later);
        EXPECT_EQ(entry.states()[0].fate, EventKind::bounced);
        EXPECT_TRUE(entry.states()[0].notified);
        EXPECT_EQ(entry.states()[1].deferrals, 1u);
        EXPECT_TRUE(entry.states()[2].is_due());
        EXPECT_EQ(all(), std::vector{later});
        EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
        EXPECT_NE(log.find("kept=" + to_string(later) + " removed=" + to_string(fresh)), std::string::npos) << log;
        EXPECT_TRUE(spool.doubles({envelope.id})->empty());
    }
}

TEST_F(DoublesTest, WhatOnlyTheOtherOneKnowsIsTakenOver) {
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    copy(fresh, later);
    Event told = event(EventKind::bounced, {1});
    told.remote = "mx.example.net";
    told.status = "5.1.1";
    told.reply = "550 no";
    record(fresh, {told, event(EventKind::notified, {1}), event(EventKind::warned, {2})});
    record(later, {event(EventKind::deferred, {0, 1, 2}), event(EventKind::deferred, {0, 1, 2}),
                   event(EventKind::deferred, {0, 1, 2}), event(EventKind::deferred, {0, 1, 2}),
                   event(EventKind::relayed, {0})});
    const Entry entry = settled(fresh);
    EXPECT_EQ(entry.place(), later);
    EXPECT_EQ(entry.states()[0].fate, EventKind::relayed);
    EXPECT_EQ(entry.states()[1].fate, EventKind::bounced);
    EXPECT_EQ(entry.states()[1].remote, "mx.example.net");
    EXPECT_EQ(entry.states()[1].reply, "550 no");
    EXPECT_TRUE(entry.states()[1].notified) << "nobody is told twice";
    EXPECT_TRUE(entry.states()[2].is_due()) << "nobody is lost";
    EXPECT_TRUE(entry.states()[2].warned);
    EXPECT_EQ(spool.look(later)->states, entry.states()) << "it is on disk";
}

TEST_F(DoublesTest, WhoeverHasSeveralFatesKeepsOneAndIsToldOfOnce) {
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    copy(fresh, later);
    record(fresh, {event(EventKind::bounced, {0}), event(EventKind::notified, {0})});
    record(later, {event(EventKind::deferred, {0, 1, 2}), event(EventKind::deferred, {0, 1, 2}),
                   event(EventKind::bounced, {0})});
    const Entry entry = settled(later);
    EXPECT_TRUE(entry.states()[0].notified);
}

TEST_F(DoublesTest, WhatWasHeldStaysHeldUnlessItWasReleasedSince) {
    const Place held{Folder::hold, {envelope.id, 0}};
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    copy(fresh, later);
    {
        Entry entry = open(fresh);
        ASSERT_TRUE(entry.hold(event(EventKind::held, {})));
    }
    EXPECT_EQ(settled(later).place(), held);
    EXPECT_EQ(all(), std::vector{held});

    copy(held, later);
    EXPECT_EQ(settled(later).place(), held) << "both tell the same";

    copy(held, later);
    record(later, {event(EventKind::released, {})});
    EXPECT_EQ(settled(later).place(), later);
    EXPECT_EQ(all(), std::vector{later});
}

TEST_F(DoublesTest, ManyCopiesBecomeOne) {
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    for (std::int64_t due = 1; due <= 5; ++due) copy(fresh, {Folder::deferred, {envelope.id, due}});
    settled({Folder::deferred, {envelope.id, 3}});
    EXPECT_EQ(all().size(), 1u);
}

TEST_F(DoublesTest, AnotherMessageOfThatIdIsPutAside) {
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    std::filesystem::rename(path(fresh), path(later));
    Envelope other = envelope;
    other.recipients.pop_back();
    ASSERT_TRUE(accept(incoming, other, "y"));
    EXPECT_EQ(settled(later).place(), later);
    EXPECT_EQ(all(), std::vector{later});
    EXPECT_EQ(places_in(spool, Folder::corrupt).size(), 1u);
    EXPECT_NE(log.find("another message has its id"), std::string::npos) << log;
}

TEST_F(DoublesTest, OneThatIsOpenElsewhereWaitsAndNothingIsLost) {
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    copy(fresh, later);
    Entry entry = open(fresh);
    {
        const Entry elsewhere = open(later);
        EXPECT_EQ(spool.settle(entry, std::span(&later, 1)).error().code, ErrorCode::busy);
        EXPECT_EQ(all().size(), 2u);
    }
    EXPECT_TRUE(spool.settle(entry, std::span(&later, 1)));
    EXPECT_EQ(all().size(), 1u);
}

}  // namespace
}  // namespace posthouse::spool
