// The wake marks: who waits is woken once, dead processes' places are taken over, damage costs no more than the marks.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "storage/wake/wake_file.h"
#include "storage/wake/wake_marks.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using Bits = std::vector<std::uint32_t>;

class WakeTest : public ::testing::Test {
  protected:
    std::shared_ptr<WakeFile> open() const { return WakeFile::open(folder.path()).value(); }
    std::string path(const std::string& name) const { return folder.path() + "/WAKE/" + name; }
    static bool is_woken(const WakeSlot& slot) {
        pollfd ready{slot.fd(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }
    static std::size_t bytes_in(const WakeSlot& slot) {
        std::array<char, 64> bytes{};
        const ssize_t n = ::read(slot.fd(), bytes.data(), bytes.size());
        return n < 0 ? 0 : static_cast<std::size_t>(n);
    }

    TemporaryFolder folder;
    const WakeKey inbox = WakeKey::of_mailbox({1, 2});
    const WakeKey sent = WakeKey::of_mailbox({1, 3});
    const std::vector<WakeKey> both{inbox, sent};
};

TEST_F(WakeTest, WhoWaitsIsTold) {
    WakeSlot slot = open()->take_slot().value();
    const auto writer = open();
    writer->tell(both);
    EXPECT_FALSE(is_woken(slot));
    slot.watch(inbox.bit());
    writer->tell(both);
    EXPECT_TRUE(is_woken(slot));
    EXPECT_EQ(slot.take(), Bits{inbox.bit()});
    EXPECT_FALSE(is_woken(slot));
    EXPECT_TRUE(slot.take().empty());
    slot.unwatch(inbox.bit());
    writer->tell(both);
    EXPECT_FALSE(is_woken(slot));
}

TEST_F(WakeTest, WhoIsWokenAlreadyIsNotWokenAgain) {
    WakeSlot slot = open()->take_slot().value();
    slot.watch(inbox.bit());
    const auto writer = open();
    for (int i = 0; i < 5; ++i) writer->tell(both);
    EXPECT_EQ(bytes_in(slot), 1u);
}

TEST_F(WakeTest, FullFifoIsNoHindrance) {
    WakeSlot slot = open()->take_slot().value();
    slot.watch(inbox.bit());
    const std::string much(1u << 20, '\0');
    while (::write(slot.fd(), much.data(), much.size()) > 0) {
    }
    open()->tell(both);
    EXPECT_EQ(slot.take(), Bits{inbox.bit()});
    EXPECT_FALSE(is_woken(slot));
}

TEST_F(WakeTest, OneIsNotToldOfItsOwn) {
    const auto file = open();
    WakeSlot slot = file->take_slot().value();
    slot.watch(inbox.bit());
    file->tell(both, slot.number());
    EXPECT_TRUE(slot.take().empty());
}

TEST_F(WakeTest, PlaceOfADeadProcessIsTakenOver) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::optional<WakeSlot> slot;
        slot.emplace(WakeFile::open(folder.path()).value()->take_slot().value());
        slot->watch(inbox.bit());
        ::_exit(static_cast<int>(slot->number()));  // without its end
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto writer = open();
    writer->tell(both);
    writer->tell(both);
    WakeSlot slot = open()->take_slot().value();
    EXPECT_EQ(slot.number(), static_cast<std::uint32_t>(WEXITSTATUS(status)));
    EXPECT_FALSE(is_woken(slot)) << "what it waited for is nobody's concern any more";
    writer->tell(both);
    EXPECT_FALSE(is_woken(slot));
    slot.watch(sent.bit());
    writer->tell(both);
    EXPECT_EQ(slot.take(), Bits{sent.bit()});
}

TEST_F(WakeTest, PlaceOfALivingProcessIsLeftAlone) {
    WakeSlot first = open()->take_slot().value();
    first.watch(inbox.bit());
    const WakeSlot second = open()->take_slot().value();
    EXPECT_NE(first.number(), second.number());
    open()->tell(both);
    EXPECT_EQ(first.take(), Bits{inbox.bit()});
}

TEST_F(WakeTest, EveryoneIsToldOfEverythingWhenSomethingMayBeMissing) {
    WakeSlot slot = open()->take_slot().value();
    open()->tell_all();
    EXPECT_EQ(slot.take().size(), WakeKey::bit_count);
}

TEST_F(WakeTest, FileThatIsNotUsableIsMadeAnew) {
    const auto check = [&](const char* what) {
        SCOPED_TRACE(what);
        WakeSlot slot = open()->take_slot().value();
        slot.watch(inbox.bit());
        open()->tell(both);
        EXPECT_EQ(slot.take(), Bits{inbox.bit()});
    };
    check("at first");
    std::ofstream(path("marks"), std::ios::binary | std::ios::trunc) << "something else";
    check("another file");
    {
        std::fstream marks(path("marks"), std::ios::binary | std::ios::in | std::ios::out);
        marks.seekp(8);
        marks << '\2';
    }
    check("another version");
    ::chmod(path("marks").c_str(), 0666);
    check("others may write");
    std::filesystem::remove(path("marks"));
    check("no marks");
    std::filesystem::remove_all(path(""));
    std::ofstream(folder.path() + "/WAKE") << "a file";
    EXPECT_FALSE(WakeFile::open(folder.path())) << "not ours to remove";
    std::filesystem::remove(folder.path() + "/WAKE");
    std::filesystem::create_symlink("/dev/null", folder.path() + "/WAKE");
    EXPECT_FALSE(WakeFile::open(folder.path()));
}

TEST_F(WakeTest, FileThatIsCutShortUnderItsUsersKillsNobody) {
    const auto file = open();
    WakeSlot slot = file->take_slot().value();
    slot.watch(inbox.bit());
    std::filesystem::resize_file(path("marks"), 0);
    file->tell(both);
    EXPECT_TRUE(slot.take().empty());
    EXPECT_FALSE(file->usable());
    EXPECT_FALSE(slot.usable());
    EXPECT_TRUE(open()->usable());
}

TEST_F(WakeTest, FifoThatIsMissingMakesAllBeginAnew) {
    WakeMarks waiting(folder.path(), ::epoll_create1(EPOLL_CLOEXEC));
    EXPECT_FALSE(waiting.renew(true));
    waiting.watch(inbox.bit());
    const auto old = open();
    std::filesystem::remove(path("0"));
    old->tell(both);
    EXPECT_TRUE(waiting.renew(true));
    EXPECT_FALSE(old->usable());
    EXPECT_FALSE(waiting.is_told()) << "others may not know yet";
    open()->tell(both);
    EXPECT_EQ(waiting.take(), Bits{inbox.bit()});
}

TEST_F(WakeTest, FileBelongsToTheOwnerOfTheIndexes) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root makes files for others";
    ASSERT_EQ(::chown(folder.path().c_str(), 1234, 1234), 0);
    const auto file = open();
    const WakeSlot slot = file->take_slot().value();
    for (const char* name : {"", "marks", "0"}) {
        struct stat st{};
        ASSERT_EQ(::stat(path(name).c_str(), &st), 0);
        EXPECT_EQ(st.st_uid, 1234u) << name;
        EXPECT_EQ(st.st_mode & 077, 0u) << name;
    }
}

TEST_F(WakeTest, KeysAreTheSameInEveryProcess) {
    // Another hash would be another version of the file.
    EXPECT_EQ(WakeKey::of_account("/example.org/bob").bit(), 4070u);
    EXPECT_EQ(WakeKey::of_mailbox({2049, 131073}).bit(), 2565u);
    std::set<std::uint32_t> bits;
    for (std::uint64_t inode = 0; inode < 1000; ++inode) bits.insert(WakeKey::of_mailbox({1, inode}).bit());
    EXPECT_GT(bits.size(), 900u) << "1,000 mailboxes of a disk are spread over the bits";
}

}  // namespace
}  // namespace posthouse::storage
