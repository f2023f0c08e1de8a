// The way of events to their file: soon, whole, never waited for; a full disk costs only what has no room.
#include "lib/story/writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/story/telling.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::story {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// Events in all files of the folder, and how many lines were none.
struct Read {
    std::vector<Event> events;
    std::size_t torn = 0;
};

Read read_all_in(const std::string& folder) {
    Read read;
    for (const std::string& file : files_in(folder)) {
        const std::string text = read_file(file, 256u << 20).value();
        for (const std::string_view line : ascii::split(text, '\n')) {
            if (line.empty()) continue;
            if (Result<Event> event = parse_line(line))
                read.events.push_back(std::move(*event));
            else
                ++read.torn;
        }
    }
    return read;
}

/// Files that this process writes may have so many octets at most.
class FileLimit {
  public:
    explicit FileLimit(rlim_t octets) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        old_ = ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{octets, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileLimit() { lift(); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;
    void lift() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, old_);  // NOLINT(bugprone-unused-return-value)
    }

  private:
    rlimit before_{};
    sighandler_t old_ = SIG_DFL;
};

class StoryWriterTest : public testing::Test {
  protected:
    StoryWriterTest() : daemon_(loop_, "smtpd", configuration(folder_.path())) {}

    static config::Config configuration(const std::string& folder) {
        config::Config config;
        config.general.state_folder = folder;
        return config;
    }
    std::string incoming() const { return folder_.path() + "/history/incoming"; }
    static Event event(int number) { return refuse({"1M8376V29ZZV1ZKG"}, {.reply = std::to_string(number)}); }

    TemporaryFolder folder_;
    net::Loop loop_;
    daemon::FakeDaemon daemon_;
};

net::Async<bool> written(net::Loop& loop, const std::string& folder, std::size_t events) {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(20));
    while (read_all_in(folder).events.size() < events) {
        if (deadline.passed()) co_return false;
        co_await loop.sleep_until(net::Deadline::in(milliseconds(5)));
    }
    co_return true;
}

TEST_F(StoryWriterTest, EventsAreInAFileSoonWithTheirTimeAndDaemon) {
    Writer writer(daemon_);
    for (int i = 0; i < 3; ++i) writer.tell(event(i));
    EXPECT_TRUE(loop_.run_until_complete(written(loop_, incoming(), 3)));
    loop_.run_until_complete(writer.stop());
    const Read read = read_all_in(incoming());
    ASSERT_EQ(read.events.size(), 3u);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(field(read.events[static_cast<std::size_t>(i)], "reply"), std::to_string(i));
        EXPECT_EQ(read.events[0].daemon, "smtpd");
        EXPECT_GT(read.events[0].time, 1'600'000'000'000);
    }
    const std::vector<std::string> files = files_in(incoming());
    ASSERT_EQ(files.size(), 1u);
    EXPECT_TRUE(std::filesystem::path(files[0]).filename().string().starts_with("smtpd-"));
}

TEST_F(StoryWriterTest, AFloodOfRefusalsHasItsShareOfTheStoreAndMessagesHaveTheRest) {
    daemon_.configuration.history.size_limit = 4u << 20;
    Writer writer(daemon_, {.processes = 2});
    const Event accepted = accept({"1M8376V29ZZV1ZKG"}, {.sender = "a@example.org", .recipients = {"b@example.org"}});
    constexpr std::uint64_t flood = 20'000;
    for (std::uint64_t i = 0; i < flood; ++i) writer.tell_minor(event(static_cast<int>(i)));
    writer.tell(accepted);
    loop_.run_until_complete(writer.stop());
    const Read read = read_all_in(incoming());
    EXPECT_EQ(read.events.back().kind, Kind::accept);
    std::size_t octets = 0;
    for (const Event& one : read.events)
        if (one.kind == Kind::refuse) octets += to_line(one).size();
    // A quarter of the store, of one of two processes, of a thirtieth of the time.
    constexpr std::size_t share = (4u << 20) / 4 / 2 / 30;
    EXPECT_LE(octets, share);
    EXPECT_GT(octets, share - 200);
    EXPECT_NE(daemon_.metrics().text().find("posthouse_story_beyond_share_total{daemon=\"smtpd\"} " +
                                            std::to_string(flood - read.events.size() + 1)),
              std::string::npos);
}

TEST(Share, ComesInEvenlyAndIsKeptForAThirtiethOfTheTime) {
    using std::chrono::hours;
    Share share;
    const Share::Settings settings{12'000, hours(30)};  // a hundred octets an hour
    const Share::Time begin{};
    EXPECT_TRUE(share.take(100, settings, begin));
    EXPECT_FALSE(share.take(1, settings, begin));
    EXPECT_FALSE(share.take(51, settings, begin + milliseconds(1'800'000)));
    EXPECT_TRUE(share.take(50, settings, begin + milliseconds(1'800'000)));
    EXPECT_FALSE(share.take(101, settings, begin + hours(20)));
    EXPECT_TRUE(share.take(100, settings, begin + hours(20)));
}

TEST_F(StoryWriterTest, StoppingWritesWhatWasToldJustBefore) {
    Writer writer(daemon_);
    writer.tell(event(1));
    loop_.run_until_complete(writer.stop());
    EXPECT_EQ(read_all_in(incoming()).events.size(), 1u);
}

TEST_F(StoryWriterTest, SwitchedOffItWritesNothing) {
    daemon_.configuration.history.enabled = false;
    Writer writer(daemon_);
    writer.tell(event(1));
    loop_.run_until_complete(writer.stop());
    EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/history"));
}

TEST_F(StoryWriterTest, WhatHasNoRoomIsDroppedCountedAndToldLater) {
    Writer writer(daemon_, {.interval = milliseconds(1), .buffer_octets = 10'000});
    for (int i = 0; i < 1000; ++i) writer.tell(event(i));
    const std::uint64_t dropped = writer.dropped();
    EXPECT_GT(dropped, 800u);
    loop_.run_until_complete(writer.stop());
    const Read read = read_all_in(incoming());
    ASSERT_EQ(read.events.size(), 1000 - dropped + 1);
    EXPECT_EQ(read.events.back().kind, Kind::lost);
    EXPECT_EQ(field(read.events.back(), "count"), std::to_string(dropped));
}

net::Async<> fill_and_free(net::Loop& loop, Writer& writer, FileLimit& limit, const std::string& folder, int* told) {
    // Until there is no room: the file is full, and the buffer too.
    while (writer.dropped() == 0) {
        writer.tell(
            refuse({"1M8376V29ZZV1ZKG"}, {.reply = std::to_string((*told)++), .reason = std::string(500, 'x')}));
        co_await loop.yield();
    }
    limit.lift();
    const std::size_t expected = static_cast<std::size_t>(*told) - writer.dropped() + 1;
    const bool all = co_await written(loop, folder, expected);
    EXPECT_TRUE(all);
    co_await writer.stop();
}

TEST_F(StoryWriterTest, AFullDiskCostsOnlyWhatHasNoRoomMeanwhile) {
    static_cast<void>(log::open({.program = "test", .path = folder_.path() + "/log", .level = log::Level::error}));
    Writer writer(daemon_, {.interval = milliseconds(1), .retry = milliseconds(1), .buffer_octets = 50'000});
    // In the midst of a line.
    FileLimit limit(10'007);
    int told = 0;
    loop_.run_until_complete(fill_and_free(loop_, writer, limit, incoming(), &told));
    const Read read = read_all_in(incoming());
    EXPECT_LE(read.torn, 1u);
    std::vector<int> numbers;
    std::uint64_t lost = 0;
    for (const Event& event : read.events) {
        if (event.kind == Kind::lost)
            lost += std::stoull(std::string(field(event, "count")));
        else
            numbers.push_back(std::stoi(std::string(field(event, "reply"))));
    }
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    EXPECT_EQ(std::ranges::adjacent_find(numbers), numbers.end()) << "an event is there twice";
    EXPECT_EQ(numbers.size() + lost, static_cast<std::size_t>(told));
    EXPECT_EQ(lost, writer.dropped());
    static_cast<void>(log::open({.program = "test", .path = ""}));
}

TEST(StorySegment, AFullFileIsFollowedByAnotherAndOnlyTheLastIsLocked) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/incoming";
    SegmentFile file({.folder = path, .name = "lmtpd", .octets = 100});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(file.append(std::string(59, 'x') + "\n"));
    const std::vector<std::string> files = files_in(path);
    ASSERT_EQ(files.size(), 3u);
    int locked = 0;
    for (const std::string& name : files) {
        const UniqueFd other = open_file(name, O_RDONLY).value();
        locked += ::flock(other.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : 1;
        EXPECT_LE(std::filesystem::file_size(name), 120u);
    }
    EXPECT_EQ(locked, 1);
}

TEST(StorySegment, NothingIsWrittenToAFileThatSomebodyRemoved) {
    const TemporaryFolder folder;
    SegmentFile file({.folder = folder.path() + "/incoming", .name = "lmtpd"});
    ASSERT_TRUE(file.append("1\n"));
    std::filesystem::remove(files_in(folder.path() + "/incoming").at(0));
    ASSERT_TRUE(file.append("2\n"));
    EXPECT_EQ(read_file(files_in(folder.path() + "/incoming").at(0)).value(), "2\n");
}

TEST(StorySegment, WhenNobodyReadsTheFolderIsBounded) {
    const TemporaryFolder folder;
    SegmentFile file({.folder = folder.path() + "/incoming", .name = "lmtpd", .octets = 100, .folder_octets = 1000});
    Result<> appended;
    int lines = 0;
    while (appended && lines < 1000) {
        appended = file.append(std::string(99, 'x') + "\n");
        ++lines;
    }
    EXPECT_EQ(appended.error().code, ErrorCode::limit);
    EXPECT_LT(lines, 15);
    EXPECT_EQ(file.unwritten(), 100u);
    for (const std::string& name : files_in(folder.path() + "/incoming")) std::filesystem::remove(name);
    EXPECT_TRUE(file.append(""));
    EXPECT_EQ(file.unwritten(), 0u);
}

TEST(StorySegment, AProcessThatIsKilledLeavesOneTornLineAtMost) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/incoming";
    for (int round = 0; round < 20; ++round) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            SegmentFile file({.folder = path, .name = "smtpd", .octets = 20'000});
            for (int i = 0;; ++i) {
                std::string lines;
                for (int line = 0; line < 10; ++line)
                    lines += to_line({.time = i, .id = "id", .daemon = "smtpd", .kind = Kind::connect});
                (void)file.append(lines);
                if (i == 3 * round) (void)::write(ends[1], "x", 1);
            }
        }
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(ends[0]);
        ::close(ends[1]);
        const Read read = read_all_in(path);
        EXPECT_LE(read.torn, 1u);
        EXPECT_GE(read.events.size(), static_cast<std::size_t>(30 * round));
        std::filesystem::remove_all(path);
    }
}

}  // namespace
}  // namespace posthouse::story
