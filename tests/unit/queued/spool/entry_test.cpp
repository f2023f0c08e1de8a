// Entries: one at a time, the journal counts, moves keep everything, damage is put aside.
#include "queued/spool/entry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

class EntryTest : public SpoolTest {
  protected:
    /// Opening says it is damaged, and puts it aside.
    void expect_aside(const Place& place) {
        const Result<Entry> entry = spool.open(place);
        ASSERT_FALSE(entry);
        EXPECT_EQ(entry.error().code, ErrorCode::invalid) << entry.error().message();
        EXPECT_EQ(spool.find(place.name.id).value().folder, Folder::corrupt);
        EXPECT_TRUE(std::filesystem::remove(path(spool.find(place.name.id).value())));
    }
};

TEST_F(EntryTest, WhatIsRecordedIsThereWhenItIsOpenedAgain) {
    const Place place = add();
    {
        Entry entry = open(place);
        Event deferred = event(EventKind::deferred, {0, 1});
        deferred.reply = "450 later";
        record(entry, {deferred});
        record(entry, {event(EventKind::delivered, {0}, 1'700'000'200), event(EventKind::warned, {1}, 1'700'000'300)});
        EXPECT_EQ(entry.states()[0].fate, EventKind::delivered);
    }
    Entry entry = open(place);
    EXPECT_EQ(entry.states()[0].fate, EventKind::delivered);
    EXPECT_EQ(entry.states()[0].last_try, 1'700'000'200);
    EXPECT_TRUE(entry.states()[1].is_due());
    EXPECT_TRUE(entry.states()[1].warned);
    EXPECT_EQ(entry.states()[1].reply, "450 later");
    EXPECT_FALSE(entry.nothing_left());
    record(entry, {event(EventKind::delivered, {1})});
    EXPECT_TRUE(entry.nothing_left());
    ASSERT_TRUE(entry.remove());
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::not_found);
}

TEST_F(EntryTest, WhatCannotBeIsNotRecorded) {
    Entry entry = open(add());
    record(entry, {event(EventKind::delivered, {0})});
    const std::string before = read_file(entry.place());
    for (const std::vector<Event>& wrong :
         std::vector<std::vector<Event>>{{event(EventKind::deferred, {0})},
                                         {event(EventKind::delivered, {1}), event(EventKind::bounced, {1})},
                                         {event(EventKind::delivered, {2})},
                                         {event(EventKind::delivered, {})}}) {
        EXPECT_EQ(entry.record(wrong).error().code, ErrorCode::invalid);
        EXPECT_TRUE(entry.states()[1].is_due());
    }
    EXPECT_EQ(read_file(entry.place()), before);
    EXPECT_TRUE(entry.record({}));
}

TEST_F(EntryTest, OneAtATime) {
    const Place place = add();
    {
        const Entry entry = open(place);
        EXPECT_EQ(spool.open(place).error().code, ErrorCode::busy);
        // Whoever only looks isn't kept away.
        const Result<Listed> listed = spool.look(place);
        ASSERT_TRUE(listed) << listed.error().message();
        EXPECT_EQ(listed->envelope, entry.envelope());
        EXPECT_EQ(listed->message_bytes, entry.message_bytes());
    }
    EXPECT_TRUE(spool.open(place));
}

TEST_F(EntryTest, ATornEndOfTheJournalIsCut) {
    const Place place = add();
    {
        Entry entry = open(place);
        record(entry, {event(EventKind::deferred, {0})});
    }
    const std::string first = read_file(place);
    {
        Entry entry = open(place);
        record(entry, {event(EventKind::delivered, {0})});
    }
    const std::string both = read_file(place);
    for (std::size_t size = first.size(); size < both.size(); ++size)
        for (const bool zeros : {false, true}) {
            write_file(place, both.substr(0, size) + (zeros ? std::string(both.size() - size, '\0') : std::string()));
            EXPECT_TRUE(spool.look(place)->states[0].is_due());
            Entry entry = open(place);
            EXPECT_TRUE(entry.states()[0].is_due()) << size;
            EXPECT_EQ(entry.states()[0].deferrals, 1u);
            EXPECT_EQ(read_file(place), first) << size;
            // What is written next stands right behind what was whole.
            record(entry, {event(EventKind::delivered, {0})});
            EXPECT_EQ(read_file(place), both);
        }
    Entry entry = open(place);
    EXPECT_EQ(entry.states()[0].fate, EventKind::delivered);
}

TEST_F(EntryTest, AFileThatIsNotWholeIsPutAside) {
    const Place place = add({"bob@example.net"}, content_of_size(200));
    const std::string whole = read_file(place);
    std::filesystem::remove(path(place));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(place, whole.substr(0, size));
        expect_aside(place);
        const std::string zeros = whole.substr(0, size) + std::string(whole.size() - size, '\0');
        if (zeros == whole) continue;
        write_file(place, zeros);
        expect_aside(place);
    }
}

TEST_F(EntryTest, ADamagedByteIsFoundBeforeItIsSent) {
    const Place place = add({"bob@example.net"}, content_of_size(200));
    const std::string whole = read_file(place);
    const std::size_t content_begins = 32;
    const std::size_t content_ends = content_begins + 8 + 200;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
        std::filesystem::remove(path(place));
        write_file(place, damaged);
        if (at < content_begins || at >= content_ends) {
            expect_aside(place);
            continue;
        }
        Entry entry = open(place);
        EXPECT_EQ(message_of(entry).error().code, ErrorCode::invalid) << at;
        ASSERT_TRUE(entry.set_aside("its content is damaged"));
        EXPECT_EQ(entry.place().folder, Folder::corrupt);
        EXPECT_EQ(read_file(entry.place()), damaged);
        std::filesystem::remove(path(entry.place()));
    }
}

TEST_F(EntryTest, WhatIsPutAsideReplacesNothing) {
    const Place place = add();
    const std::string whole = read_file(place);
    for (int i = 0; i < 3; ++i) {
        write_file(place, std::to_string(i));
        EXPECT_FALSE(spool.open(place));
    }
    const std::vector<Place> aside = places_in(spool, Folder::corrupt);
    ASSERT_EQ(aside.size(), 3u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(read_file(aside[static_cast<std::size_t>(i)]), std::to_string(i));
}

TEST_F(EntryTest, AnotherMessagesFileIsNotSentTwice) {
    const Place place = add();
    const Place copy{Folder::incoming, {make_id(), 0}};
    std::filesystem::copy(path(place), path(copy));
    expect_aside(copy);
    EXPECT_TRUE(spool.open(place));
}

TEST_F(EntryTest, WhatIsNoRegularFileIsPutAside) {
    const Place other = add();
    const Place place{Folder::incoming, {make_id(), 0}};
    std::filesystem::create_symlink(path(other), path(place));
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::invalid);
    ASSERT_EQ(::mkfifo(path(place).c_str(), 0660), 0);
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::invalid);
    std::filesystem::create_directory(path(place));
    EXPECT_EQ(spool.look(place).error().code, ErrorCode::invalid);
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::invalid);
    EXPECT_EQ(places_in(spool, Folder::corrupt).size(), 3u);
    EXPECT_TRUE(spool.open(other));
}

TEST_F(EntryTest, AFileOfALaterVersionStays) {
    const Place place{Folder::deferred, {make_id(), 5}};
    std::string later;
    append_record(later, RecordKind::head, "PHQUEUE2 and whatever it has");
    write_file(place, later + std::string(100, 'x'));
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::unsupported);
    EXPECT_EQ(places_in(spool, Folder::deferred), std::vector<Place>{place});

    // An event that only a later version knows: as if it hadn't happened would be wrong.
    const Place known = add();
    std::string bytes = read_file(known);
    append_record(bytes, RecordKind::event, "event=teleported\nat=1\nrecipients=0\n");
    write_file(known, bytes);
    EXPECT_EQ(spool.open(known).error().code, ErrorCode::unsupported);
    EXPECT_EQ(read_file(known), bytes);
}

TEST_F(EntryTest, DeferringMovesItAndItsDueTime) {
    const Place place = add();
    Entry entry = open(place);
    ASSERT_TRUE(entry.defer(1'700'000'500));
    EXPECT_EQ(entry.place(), (Place{Folder::deferred, {place.name.id, 1'700'000'500}}));
    record(entry, {event(EventKind::deferred, {0, 1})});
    ASSERT_TRUE(entry.defer(1'700'001'000));
    ASSERT_TRUE(entry.defer(1'700'001'000));
    EXPECT_EQ(places_in(spool, Folder::incoming), std::vector<Place>());
    EXPECT_EQ(places_in(spool, Folder::deferred), std::vector<Place>{entry.place()});
    const Place now = entry.place();
    EXPECT_EQ(spool.open(now).error().code, ErrorCode::busy) << "the lock goes along";
    EXPECT_EQ(spool.open(place).error().code, ErrorCode::not_found);
}

TEST_F(EntryTest, HeldAndReleased) {
    const Place place = add();
    {
        Entry entry = open(place);
        ASSERT_TRUE(entry.hold(event(EventKind::held, {})));
        EXPECT_EQ(entry.place(), (Place{Folder::hold, {place.name.id, 0}}));
    }
    EXPECT_EQ(spool.find(place.name.id).value().folder, Folder::hold);
    Entry entry = open(spool.find(place.name.id).value());
    ASSERT_TRUE(entry.release(event(EventKind::released, {}), 1'700'000'500));
    EXPECT_EQ(entry.place(), (Place{Folder::deferred, {place.name.id, 1'700'000'500}}));
    EXPECT_EQ(entry.states(), std::vector<RecipientState>(2)) << "nobody's fate";
}

TEST_F(EntryTest, AMoveNeverReplacesAnother) {
    const Place place = add();
    Entry entry = open(place);
    write_file({Folder::deferred, {place.name.id, 7}}, "another");
    EXPECT_EQ(entry.defer(7).error().code, ErrorCode::exists);
    EXPECT_EQ(entry.place(), place);
    EXPECT_EQ(read_file({Folder::deferred, {place.name.id, 7}}), "another");
}

TEST_F(EntryTest, ARemovedMessageIsGoneWhoeverIsStillDue) {
    const Place place = add();
    Entry entry = open(place);
    ASSERT_TRUE(entry.remove());
    EXPECT_EQ(places_in(spool, Folder::incoming), std::vector<Place>());
    EXPECT_TRUE(entry.remove()) << "it is gone";
}

TEST_F(EntryTest, ALongJournalForgetsDeferralsOnly) {
    const Place place = add();
    {
        Entry entry = open(place);
        Event deferred = event(EventKind::deferred, {0, 1});
        deferred.reply = std::string(max_reply_bytes, 'x');
        const std::vector<Event> many(1000, deferred);
        for (int i = 0; i < 10; ++i) record(entry, many);
        const auto size = std::filesystem::file_size(path(place));
        EXPECT_LT(size, max_story_bytes + (1u << 20));
        EXPECT_GT(size, max_story_bytes - (1u << 20));
        EXPECT_EQ(entry.states()[0].deferrals, 10'000u);
        record(entry, {event(EventKind::delivered, {0}), event(EventKind::warned, {1})});
    }
    Entry entry = open(place);
    EXPECT_EQ(entry.states()[0].fate, EventKind::delivered);
    EXPECT_TRUE(entry.states()[1].is_due() && entry.states()[1].warned);
    EXPECT_EQ(entry.states()[1].reply, std::string(max_reply_bytes, 'x'));
}

}  // namespace
}  // namespace posthouse::spool
