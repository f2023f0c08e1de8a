// The queue as a whole: its folders and rights, scans of any size, what killed writers left.
#include "queued/spool/spool.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <set>

#include "lib/base/file.h"
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

TEST_F(SpoolTest, FoldersHaveTheirRightsWhateverTheUmask) {
    const mode_t before = ::umask(0077);
    const std::string other = folder.path() + "/below/spool";
    const Result<Spool> made = Spool::open(other);
    const Incoming in = Incoming::open(other).value();
    const Envelope envelope = envelope_to({"bob@example.net"});
    const Result<> accepted = accept(in, envelope, "x");
    ::umask(before);
    ASSERT_TRUE(made && accepted);
    const auto mode_of = [&](const std::string& below) {
        struct stat st{};
        EXPECT_EQ(::stat((other + below).c_str(), &st), 0);
        return st.st_mode & 07777;
    };
    EXPECT_EQ(mode_of(""), spool_folder_mode);
    EXPECT_EQ(mode_of("/incoming"), incoming_mode);
    for (const char* name : {"/deferred", "/hold", "/corrupt"}) EXPECT_EQ(mode_of(name), folder_mode);
    EXPECT_EQ(mode_of("/incoming/" + envelope.id), file_mode);
}

TEST_F(SpoolTest, FoldersThatAreThereKeepTheirRights) {
    std::filesystem::permissions(root + "/hold",
                                 std::filesystem::perms::owner_all | std::filesystem::perms::group_read);
    ASSERT_TRUE(Spool::open(root));
    struct stat st{};
    ASSERT_EQ(::stat((root + "/hold").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, 0740u);
    std::filesystem::remove(root + "/hold");
    write_file({Folder::incoming, {"../hold", 0}}, "a file");
    EXPECT_FALSE(Spool::open(root));
}

TEST_F(SpoolTest, AScanGivesEveryMessageOnceInBatches) {
    std::set<std::string> expected;
    for (int i = 0; i < 50; ++i) {
        const QueueName name{make_id(), i % 2 == 0 ? 0 : 1'700'000'000 + i};
        write_file({Folder::deferred, name}, "");
        expected.insert(to_file_name(name));
    }
    write_file({Folder::deferred, {"README", 0}}, "not ours");
    write_file({Folder::deferred, {".hidden", 0}}, "not ours");
    write_file({Folder::deferred, {make_temporary_name(), 0}}, "");
    for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{50}, std::size_t{1000}}) {
        Scan scan = spool.scan(Folder::deferred).value();
        std::set<std::string> found;
        for (;;) {
            const std::vector<Place> places = scan.next(most).value();
            if (places.empty()) break;
            EXPECT_LE(places.size(), most);
            for (const Place& place : places) {
                EXPECT_EQ(place.folder, Folder::deferred);
                EXPECT_TRUE(found.insert(to_file_name(place.name)).second);
            }
        }
        EXPECT_EQ(found, expected);
        EXPECT_EQ(scan.foreign(), 2u);
    }
}

TEST_F(SpoolTest, TwoScansAtATimeDoNotDisturbEachOther) {
    for (int i = 0; i < 10; ++i) write_file({Folder::hold, {make_id(), 0}}, "");
    Scan one = spool.scan(Folder::hold).value();
    EXPECT_EQ(one.next(5)->size(), 5u);
    EXPECT_EQ(places_in(spool, Folder::hold).size(), 10u);
    EXPECT_EQ(one.next(100)->size(), 5u);
}

TEST_F(SpoolTest, AMessageIsFoundByItsId) {
    const Place place = add();
    add();
    EXPECT_EQ(spool.find(place.name.id).value(), place);
    {
        Entry entry = open(place);
        ASSERT_TRUE(entry.defer(5));
        EXPECT_EQ(spool.find(place.name.id).value(), entry.place());
    }
    EXPECT_EQ(spool.find(make_id()).error().code, ErrorCode::not_found);
}

TEST_F(SpoolTest, WhatKilledWritersLeftIsSwept) {
    const std::string abandoned = root + "/incoming/" + make_temporary_name();
    const std::string busy = root + "/incoming/" + make_temporary_name();
    const std::string foreign = root + "/incoming/.keep";
    for (const std::string& file : {abandoned, busy, foreign}) ASSERT_TRUE(write_file_durably(file, "half a message"));
    const Place place = add();
    const UniqueFd lock(::open(busy.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
    struct stat st{};
    ASSERT_EQ(::stat(abandoned.c_str(), &st), 0);
    EXPECT_EQ(spool.sweep(st.st_mtime + 60).value(), 0u) << "whoever writes it may not have locked it yet";
    EXPECT_EQ(spool.sweep(st.st_mtime + 3601).value(), 1u);
    EXPECT_FALSE(std::filesystem::exists(abandoned));
    EXPECT_TRUE(std::filesystem::exists(busy));
    EXPECT_TRUE(std::filesystem::exists(foreign));
    EXPECT_TRUE(spool.open(place));
}

/// Runs as another user, in a process of its own; needs root.
class RightsTest : public SpoolTest {
  protected:
    static constexpr uid_t smtpd = 61001;
    static constexpr uid_t queued = 61002;
    static constexpr gid_t queue_group = 61003;

    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
        ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
        ASSERT_EQ(::chown(root.c_str(), queued, queue_group), 0);
        for (const Folder one : all_folders) {
            const std::string place = root + "/" + std::string(to_string(one));
            ASSERT_EQ(::chown(place.c_str(), queued, queue_group), 0);
            // chown takes the bit away.
            ASSERT_EQ(::chmod(place.c_str(), one == Folder::incoming ? incoming_mode : folder_mode), 0);
        }
    }
    static void as_user(uid_t user, const std::function<bool()>& run) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const gid_t group = queue_group;
            const bool became = ::setgroups(1, &group) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
            ::umask(0077);
            // As a program that was started as this user: /proc/self is its own.
            ::prctl(PR_SET_DUMPABLE, 1);
            ::_exit(became && run() ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
};

TEST_F(RightsTest, SmtpdCreatesWhatQueuedWorksOn) {
    const Envelope envelope = envelope_to({"bob@example.net"});
    as_user(smtpd, [&] {
        const Result<Incoming> in = Incoming::open(root);
        return in && in->has_room(1, 1).value() && accept(*in, envelope, "from smtpd");
    });
    const Place place{Folder::incoming, {envelope.id, 0}};
    as_user(queued, [&] {
        const Result<Spool> queue = Spool::open(root);
        if (!queue) return false;
        Result<Entry> entry = queue->open(place);
        const Event deferred = event(EventKind::deferred, {0});
        // What makes the due time a part of the name: a time of another's file can't be set.
        timespec times[2] = {{0, UTIME_OMIT}, {5, 0}};
        return entry && message_of(*entry) == "from smtpd" && entry->record(std::span(&deferred, 1)) &&
               entry->defer(5) && ::utimensat(AT_FDCWD, path(entry->place()).c_str(), times, 0) != 0 && errno == EPERM;
    });
    as_user(queued, [&] {
        Result<Entry> entry = Spool::open(root)->open({Folder::deferred, {envelope.id, 5}});
        return entry && entry->hold(event(EventKind::held, {})) && entry->release(event(EventKind::released, {}), 7) &&
               entry->remove();
    });
}

TEST_F(RightsTest, SmtpdReachesNothingElse) {
    as_user(smtpd, [&] {
        for (const Folder one : {Folder::deferred, Folder::hold, Folder::corrupt}) {
            const std::string place = root + "/" + std::string(to_string(one));
            if (::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 || errno != EACCES) return false;
            if (::access((place + "/x").c_str(), F_OK) == 0 || errno != EACCES) return false;
        }
        return Spool::open(root).error().code == ErrorCode::denied;
    });
}

}  // namespace
}  // namespace posthouse::spool
