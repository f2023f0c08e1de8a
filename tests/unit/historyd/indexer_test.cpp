// Events on their way into the index: each once, whatever is killed, full or damaged; within bounds.
#include "historyd/indexer.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>

#include "lib/story/search.h"
#include "lib/story/telling.h"
#include "tests/unit/historyd/history_folder.h"

namespace posthouse::history {
namespace {

using std::chrono::seconds;

class IndexerTest : public HistoryTest {};

TEST_F(IndexerTest, WhatIsWrittenIsFoundBeforeAndAfterItIsIndexed) {
    append("smtpd-A.jsonl", lines(0, 10));
    EXPECT_EQ(numbers(), up_to(10));
    Indexer indexer(root(), seconds(0));
    Result<Pass> pass = work(indexer);
    ASSERT_TRUE(pass) << pass.error().message();
    EXPECT_EQ(numbers(), up_to(10));
    append("lmtpd-B.jsonl", lines(10, 5));
    EXPECT_EQ(numbers(), up_to(15));
    ASSERT_TRUE(work(indexer));
    EXPECT_EQ(numbers(), up_to(15));
    EXPECT_EQ(numbers({"a:r12@example.org"}), (std::vector<int>{12}));
    EXPECT_EQ(numbers({story::key_of_id("id-3")}), (std::vector<int>{3}));
    EXPECT_EQ(numbers({"a:r99@example.org"}), (std::vector<int>{}));
    EXPECT_EQ(numbers({"d:example.org"}), up_to(15));
}

TEST_F(IndexerTest, ASegmentGoesWhenItIsFinishedAndIndexed) {
    append("smtpd-A.jsonl", lines(0, 3));
    append("smtpd-B.jsonl", lines(3, 3));
    const UniqueFd writer = open_file(incoming() + "/smtpd-B.jsonl", O_WRONLY | O_APPEND).value();
    ASSERT_EQ(::flock(writer.get(), LOCK_SH), 0);
    Indexer indexer(root(), seconds(0));
    ASSERT_TRUE(work(indexer));
    ASSERT_TRUE(work(indexer));
    EXPECT_EQ(names_in(incoming()), (std::vector<std::string>{"smtpd-B.jsonl"}));
    ASSERT_TRUE(write_all(writer.get(), lines(6, 1)));
    ASSERT_TRUE(work(indexer));
    EXPECT_EQ(numbers(), up_to(7));
    ASSERT_EQ(::flock(writer.get(), LOCK_UN), 0);
    ASSERT_TRUE(work(indexer));
    EXPECT_TRUE(names_in(incoming()).empty());
    EXPECT_EQ(numbers(), up_to(7));
}

TEST_F(IndexerTest, ASegmentThatSomebodyMayReadAlongStaysAWhile) {
    append("smtpd-A.jsonl", lines(0, 3));
    Indexer indexer(root(), seconds(3600));
    ASSERT_TRUE(work(indexer));
    ASSERT_TRUE(work(indexer));
    EXPECT_EQ(names_in(incoming()).size(), 1u);
}

TEST_F(IndexerTest, TornAndForeignLinesArePassedOverAndCounted) {
    const std::string line = lines(0, 1);
    append("smtpd-A.jsonl", line.substr(0, 20) + "\n" + lines(0, 2) + "\n\n{}\nnonsense\n" + lines(2, 1));
    append("smtpd-B.jsonl", std::string(3 * max_chunk, 'x') + "\n" + lines(3, 1) + line.substr(0, 30));
    Indexer indexer(root(), seconds(0));
    Pass sum;
    for (int i = 0; i < 10; ++i) {
        const Result<Pass> pass = indexer.pass();
        ASSERT_TRUE(pass) << pass.error().message();
        sum.events += pass->events;
        sum.damaged_lines += pass->damaged_lines;
    }
    EXPECT_EQ(sum.events, 4u);
    EXPECT_GE(sum.damaged_lines, 4u);
    EXPECT_EQ(numbers(), up_to(4));
    EXPECT_TRUE(names_in(incoming()).empty()) << "what is behind the last line is left behind";
}

TEST_F(IndexerTest, WhatWasLeftOutOnPurposeIsNotCountedAsLost) {
    const auto line = [](story::Event event) {
        event.daemon = "smtpd";
        return story::to_line(event);
    };
    append("smtpd-A.jsonl", line(story::lost("a", 7)) + line(story::lost("b", 1'000, "their share")));
    Indexer indexer(root(), seconds(0));
    const Result<Pass> pass = indexer.pass();
    ASSERT_TRUE(pass) << pass.error().message();
    EXPECT_EQ(pass->lost, 7u);
}

TEST_F(IndexerTest, WhatIsIndexedMeanwhileIsSeenOnce) {
    append("smtpd-A.jsonl", lines(0, 50));
    Indexer indexer(root(), seconds(0));
    ASSERT_TRUE(work(indexer));
    append("smtpd-B.jsonl", lines(50, 50));
    Result<Archive> archive = Archive::open(root());
    ASSERT_TRUE(archive);
    // Indexed, removed, and more came, after it was opened.
    ASSERT_TRUE(work(indexer));
    ASSERT_TRUE(work(indexer));
    append("smtpd-C.jsonl", lines(100, 50));
    ASSERT_TRUE(work(indexer));
    std::vector<int> found;
    ASSERT_TRUE(archive->each({}, {}, [&](const story::Event& event) {
        found.push_back(std::stoi(std::string(story::field(event, "reason"))));
        return true;
    }));
    std::ranges::sort(found);
    EXPECT_EQ(found, up_to(100));
    EXPECT_EQ(numbers(), up_to(150));
}

TEST_F(IndexerTest, KilledAtAnyMomentItGoesOnExactlyThere) {
    constexpr int rounds = 40;
    constexpr int events = 1000;
    std::mt19937 random(7);
    for (int round = 0; round < rounds; ++round) {
        append("smtpd-" + std::to_string(round) + ".jsonl", lines(round * events, events));
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            Indexer indexer(root(), seconds(0));
            (void)::write(ends[1], "x", 1);
            for (;;) {
                const Result<Pass> pass = indexer.pass();
                if (pass && ::write(ends[1], "x", 1) == 1) continue;
                std::cerr << (pass ? "the pipe is closed" : pass.error().message()) << std::endl;
                ::_exit(1);
            }
        }
        ::close(ends[1]);
        // After a few passes, and then anywhere within one.
        for (int left = round % 6; left >= 0; --left) {
            char byte = 0;
            ASSERT_EQ(::read(ends[0], &byte, 1), 1);
        }
        const auto moment = std::chrono::steady_clock::now() +
                            std::chrono::microseconds(std::uniform_int_distribution(0, 2000)(random));
        while (std::chrono::steady_clock::now() < moment) {
        }
        ::kill(child, SIGKILL);
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        ASSERT_EQ(numbers(), up_to((round + 1) * events)) << "round " << round;
    }
    Indexer indexer(root(), seconds(0));
    ASSERT_TRUE(work(indexer));
    ASSERT_TRUE(work(indexer));
    EXPECT_EQ(numbers(), up_to(rounds * events));
    EXPECT_TRUE(names_in(incoming()).empty());
}

TEST_F(IndexerTest, ADamagedIndexIsPutAsideAndAnotherBegun) {
    append("smtpd-A.jsonl", lines(0, 2000));
    const UniqueFd writer = open_file(incoming() + "/smtpd-A.jsonl", O_WRONLY | O_APPEND).value();
    ASSERT_EQ(::flock(writer.get(), LOCK_SH), 0);
    for (const bool whole : {true, false}) {
        {
            Indexer indexer(root(), seconds(0));
            ASSERT_TRUE(work(indexer));
        }
        const std::string file = index_path(index(), index_files(index()).back());
        std::filesystem::remove(file + "-wal");
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        const std::streamoff first = whole ? 0 : 4096;
        stream.seekp(first);
        stream << std::string(static_cast<std::size_t>(size - first), 'z');
        stream.close();
        ASSERT_TRUE(write_all(writer.get(), lines(whole ? 2000 : 2001, 1)));
        Indexer indexer(root(), seconds(0));
        Result<Pass> pass = work(indexer);
        if (!pass) pass = work(indexer);
        ASSERT_TRUE(pass) << pass.error().message();
        EXPECT_EQ(indexer.index().damaged(), 1u);
        // The segment is still there: everything is indexed again.
        EXPECT_EQ(numbers(), up_to(whole ? 2001 : 2002));
    }
    EXPECT_TRUE(read_file(folder_.path() + "/log").value().contains("damaged"));
}

TEST_F(IndexerTest, WhatIsTooOldGoesAndWhatIsNotStays) {
    constexpr std::int64_t day = 86'400'000;
    const Index::Limits limits{.retention = std::chrono::hours(24 * 30)};
    const std::int64_t begin = event(0).time;
    Indexer indexer(root(), seconds(0));
    for (int i = 0; i < 60; ++i) {
        story::Event told = event(i);
        told.time = begin + i * day;
        append("smtpd-" + std::to_string(i) + ".jsonl", story::to_line(told));
        ASSERT_TRUE(work(indexer));
        ASSERT_TRUE(indexer.tidy(limits, told.time + 1000));
    }
    const std::vector<int> left = numbers();
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left.back(), 59);
    EXPECT_LE(left.front(), 30) << "younger than its time, and gone";
    EXPECT_GE(left.front(), 27) << "older than its time, and still there";
    EXPECT_EQ(left.size(), static_cast<std::size_t>(60 - left.front()));
}

TEST_F(IndexerTest, TheIndexTakesNoMoreThanItMay) {
    const Index::Limits limits{.octets = 4u << 20};
    Indexer indexer(root(), seconds(0));
    int number = 0;
    for (int i = 0; i < 60; ++i) {
        append("smtpd-" + std::to_string(i) + ".jsonl", lines(number, 500));
        number += 500;
        ASSERT_TRUE(work(indexer));
        ASSERT_TRUE(indexer.tidy(limits, event(number).time));
        EXPECT_LE(indexer.index().octets(), limits.octets);
    }
    const std::vector<int> left = numbers();
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left.back(), number - 1);
    EXPECT_GT(left.front(), 0);
    EXPECT_EQ(left.size(), static_cast<std::size_t>(number - left.front())) << "the latest are all there";
}

/// A file system of its own, of one megabyte.
class SmallDisk {
  public:
    explicit SmallDisk(std::string path) : path_(std::move(path)) {
        mounted_ = ::mount("posthouse-test", path_.c_str(), "tmpfs", 0, "size=1m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool mounted() const { return mounted_; }
    Result<> grow() const {
        if (::mount("posthouse-test", path_.c_str(), "tmpfs", MS_REMOUNT, "size=50m") != 0)
            return fail_errno("remount", errno);
        return {};
    }

  private:
    std::string path_;
    bool mounted_ = false;
};

TEST_F(IndexerTest, WhileTheDiskIsFullEventsWaitAndThenNoneIsMissing) {
    std::filesystem::create_directory(index());
    const SmallDisk disk(index());
    if (!disk.mounted()) GTEST_SKIP() << "a small disk can be mounted only by root";
    append("smtpd-A.jsonl", lines(0, 10'000));
    Indexer indexer(root(), seconds(0));
    Result<Pass> pass = work(indexer);
    ASSERT_FALSE(pass);
    EXPECT_EQ(pass.error().code, ErrorCode::no_space) << pass.error().message();
    EXPECT_FALSE(work(indexer));
    EXPECT_EQ(numbers(), up_to(10'000));
    ASSERT_TRUE(disk.grow());
    pass = work(indexer);
    ASSERT_TRUE(pass) << pass.error().message();
    EXPECT_EQ(numbers(), up_to(10'000));
    EXPECT_EQ(indexer.index().damaged(), 0u);
    ASSERT_TRUE(work(indexer));
    EXPECT_TRUE(names_in(incoming()).empty());
    EXPECT_EQ(numbers(), up_to(10'000));
}

long peak_kilobytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST_F(IndexerTest, AMillionEventsTakeNoMoreMemoryThanAThousand) {
    {
        Indexer indexer(root(), seconds(0));
        append("smtpd-0.jsonl", lines(0, 1000));
        ASSERT_TRUE(work(indexer));
    }
    for (int i = 0; i < 1000; ++i) append("smtpd-1.jsonl", lines(i * 1000, 1000));
    const long before = peak_kilobytes();
    Indexer indexer(root(), seconds(0));
    std::uint64_t events = 0;
    for (bool more = true; more;) {
        const Result<Pass> pass = indexer.pass();
        ASSERT_TRUE(pass) << pass.error().message();
        events += pass->events;
        more = pass->more;
    }
    EXPECT_EQ(events, 1'000'000u);
    EXPECT_LT(peak_kilobytes() - before, 32'000);
    // And one of them is found at once, without the others.
    EXPECT_EQ(numbers({"a:r777777@example.org"}), (std::vector<int>{777'777}));
    EXPECT_LT(peak_kilobytes() - before, 32'000);
}

}  // namespace
}  // namespace posthouse::history
