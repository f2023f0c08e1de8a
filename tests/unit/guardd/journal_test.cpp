// Tests of the journal and its lines: what was appended comes back, however the file ends.
#include "guardd/journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lib/base/file.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::guard {
namespace {

Event failure(std::uint64_t number) {
    return {number, EventKind::failure, WallTime(1000 + number), {"192.0.2.1", "a@example.org"}};
}

class JournalTest : public testing::Test {
  protected:
    std::string path() const { return folder_.path() + "/guard.journal"; }
    std::vector<std::uint64_t> numbers() const {
        std::vector<std::uint64_t> all;
        const Result<std::vector<Event>> events = Journal(path()).read();
        EXPECT_TRUE(events);
        for (const Event& event : *events) all.push_back(event.number);
        return all;
    }

    TemporaryFolder folder_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(JournalTest, WhatWasAppendedComesBackInItsOrder) {
    EXPECT_EQ(numbers(), Numbers());
    Journal journal(path());
    EXPECT_TRUE(journal.sync());
    EXPECT_TRUE(journal.append(to_line(failure(1)) + to_line(failure(2))));
    EXPECT_TRUE(journal.append(to_line(failure(3))));
    EXPECT_TRUE(journal.sync());
    EXPECT_EQ(numbers(), Numbers({1, 2, 3}));
}

TEST_F(JournalTest, ATornLineIsPassedOverAndTheNextOneIsNot) {
    ASSERT_TRUE(Journal(path()).append(to_line(failure(1)) + to_line(failure(2))));
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 5);
    EXPECT_EQ(numbers(), Numbers({1}));
    ASSERT_TRUE(Journal(path()).append(to_line(failure(3))));
    EXPECT_EQ(numbers(), Numbers({1, 3}));
}

TEST_F(JournalTest, TheOldFileStaysUntilItIsDropped) {
    Journal journal(path());
    journal.turn_over();
    ASSERT_TRUE(journal.append(to_line(failure(1))));
    journal.turn_over();
    ASSERT_TRUE(journal.append(to_line(failure(2))));
    journal.turn_over();
    ASSERT_TRUE(journal.append(to_line(failure(3))));
    EXPECT_EQ(numbers(), Numbers({1, 2, 3})) << "of a snapshot that could not be saved nothing was dropped";
    journal.drop_old();
    EXPECT_EQ(numbers(), Numbers({2, 3}));
    journal.turn_over();
    journal.drop_old();
    EXPECT_EQ(numbers(), Numbers());
    journal.drop_old();
}

TEST_F(JournalTest, TakesOnlySoMuch) {
    Journal journal(path());
    const std::string lines(Journal::max_octets / 2, '\n');
    EXPECT_TRUE(journal.append(lines));
    EXPECT_TRUE(journal.append(lines));
    EXPECT_EQ(journal.append("\n").error().code, ErrorCode::limit);
    EXPECT_EQ(Journal(path()).append("\n").error().code, ErrorCode::limit) << "a restart changes nothing";
    EXPECT_EQ(std::filesystem::file_size(path()), Journal::max_octets);
    journal.turn_over();
    EXPECT_TRUE(journal.append("\n"));
}

TEST_F(JournalTest, AFolderThatIsGoneIsAnError) {
    Journal journal(folder_.path() + "/none/guard.journal");
    EXPECT_FALSE(journal.append("\n"));
    EXPECT_TRUE(journal.read());
}

TEST(Event, ComesBackFromItsLine) {
    for (const EventKind kind : {EventKind::failure, EventKind::success, EventKind::lift}) {
        const std::string line = to_line({7, kind, WallTime(5), {"192.0.2.1", "o\"brien@example.org"}});
        const Result<Event> read = parse_event(line.substr(0, line.size() - 1));
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->number, 7u);
        EXPECT_EQ(read->kind, kind);
        EXPECT_EQ(read->at, WallTime(5));
        EXPECT_EQ(read->subject, (BanSubject{"192.0.2.1", "o\"brien@example.org"}));
    }
    const Ban ban{*ban_subject("192.0.2.0/24", {}), WallTime(5), std::nullopt, true, "by hand"};
    const Result<Event> read = parse_event(to_line({8, EventKind::ban, WallTime(5), {}, ban}));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->ban.subject, ban.subject);
    EXPECT_EQ(read->ban.reason, "by hand");
}

TEST(Event, WhatMakesNoSenseIsRefused) {
    const std::string line = to_line(failure(1));
    for (std::size_t length = 0; length + 2 < line.size(); ++length)
        EXPECT_FALSE(parse_event(std::string_view(line).substr(0, length))) << length;
    EXPECT_TRUE(parse_event(R"({"number":1,"event":"lift","at":1,"network":"","account":""})"));
    for (const char* wrong : {"[]", R"({"number":-1,"event":"lift","at":1,"network":"","account":""})",
                              R"({"number":1,"event":"future","at":1,"network":"","account":""})",
                              R"({"number":1,"event":"lift","at":-1,"network":"","account":""})",
                              R"({"number":1,"event":"lift","at":9223372036854775807,"network":"","account":""})",
                              R"({"number":1,"event":"lift","at":1,"network":1,"account":""})",
                              R"({"number":1,"event":"ban","at":1})", R"({"number":1,"event":"ban","at":1,"ban":{}})"})
        EXPECT_FALSE(parse_event(wrong)) << wrong;
    EXPECT_FALSE(parse_event(to_line({1, EventKind::failure, WallTime(1), {"", std::string(5000, 'x')}})));
}

}  // namespace
}  // namespace posthouse::guard
