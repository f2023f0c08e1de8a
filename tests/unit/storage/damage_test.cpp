// What a mailbox makes of names that two files have, of entries that are no files, and of locks that nobody holds.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>

#include "storage/dot_lock.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

class DamagedMailboxTest : public MailRoot {
  protected:
    std::string base_of_only(const std::string& below) {
        const std::string name = files(below).at(0);
        return name.substr(0, name.find(':'));
    }
};

TEST_F(DamagedMailboxTest, ASecondMessageOfANameGetsItsOwnUidAndTheFirstKeepsItsOwn) {
    const auto inbox = open();
    const Uid first = append(*inbox, "one\r\n", flags({Flag::seen}));
    const View before = view();
    write("new/" + base_of_only("cur"), "another\n");
    ASSERT_TRUE(inbox->status());
    const View after = view();
    ASSERT_EQ(after.count(), 2u);
    EXPECT_EQ(content(*inbox, first), "one\r\n");
    EXPECT_EQ(content(*inbox, Uid(first.value() + 1)), "another\r\n");
    EXPECT_EQ(inbox->uid_validity(), before.mailbox().uid_validity());
}

TEST_F(DamagedMailboxTest, TheLogTellsWhoseMailWhatFailedIs) {
    ASSERT_TRUE(account->create(named("Work")));
    fs::remove(path("dovecot-uidvalidity"));
    fs::create_directories(path("dovecot-uidvalidity/in the way"));
    fs::remove(path(".Work/dovecot-uidlist"));
    testing::internal::CaptureStderr();
    ASSERT_TRUE(account->status(named("Work")));
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("warning: dovecot-uidvalidity can't be written folder=" + path() + " error="), log.npos) << log;
    EXPECT_NE(log.find("example.org/bob"), log.npos) << log;
}

TEST_F(DamagedMailboxTest, ASecondNameOfAMessageGoesAway) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    fs::create_hard_link(path("cur/" + files("cur").at(0)), path("new/" + base_of_only("cur")));
    EXPECT_EQ(inbox->status()->messages, 1u);
    EXPECT_TRUE(files("new").empty());
    EXPECT_EQ(files("cur").size(), 1u);
}

TEST_F(DamagedMailboxTest, InALargeMailboxNoClaimAndNoFlagReplacesAMessageOfTheSameName) {
    const auto inbox = open();
    std::vector<NewMessage> messages;
    for (int i = 0; i < 1001; ++i) {
        messages.push_back({inbox->start_message().value(), flags({Flag::flagged}), {}});
        ASSERT_TRUE(messages.back().content.write("many\r\n"));
    }
    ASSERT_TRUE(inbox->append(std::move(messages)));
    View session = view();
    const std::string victim = files("cur").at(0);
    const std::string base = victim.substr(0, victim.find(':'));
    // The claim would call it as the victim is called.
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::replace, {}}));
    write("new/" + base, "double\n");
    ASSERT_TRUE(session.refresh(Expunges::reveal));
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    ASSERT_TRUE(inbox->verify());
    ASSERT_TRUE(session.refresh(Expunges::reveal));
    EXPECT_EQ(files("cur").size() + files("new").size(), 1002u);
    EXPECT_EQ(session.count(), 1002u);
    EXPECT_EQ(inbox->status()->messages, 1002u);
}

TEST_F(DamagedMailboxTest, WhatIsNoRegularFileIsNoMessage) {
    const auto inbox = open();
    append(*inbox, "one\r\n");
    ASSERT_EQ(::mkfifo(path("cur/1.x.host:2,S").c_str(), 0600), 0);
    fs::create_directory(path("cur/2.x.host:2,S"));
    fs::create_symlink("/etc/passwd", path("new/3.x.host"));
    EXPECT_EQ(inbox->status()->messages, 1u);
    EXPECT_EQ(files("cur").size(), 2u);
}

TEST_F(DamagedMailboxTest, AMessageThatBecameALinkOrAFifoIsNotRead) {
    const auto inbox = open();
    const Uid uid = append(*inbox, "one\r\n", flags({Flag::seen}));
    const std::string name = path("cur/" + files("cur").at(0));
    fs::remove(name);
    fs::create_symlink("/etc/passwd", name);
    EXPECT_FALSE(inbox->open_message(uid));
    fs::remove(name);
    ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
    EXPECT_FALSE(inbox->open_message(uid));
}

TEST_F(DamagedMailboxTest, WhenUidsAreUsedUpAMailboxBeginsAnewAndKeepsWhatLinesTell) {
    const auto inbox = open();
    const Uid first = append(*inbox, "one\r\n", flags({Flag::seen}, {"Kept"}));
    ASSERT_TRUE(inbox->copy(uids({first.value()}), *open("Archive")));
    const auto archive = open("Archive");
    const auto before = archive->rows(UidSet::all(), {.save_date = true, .email_id = true}).value().at(0);
    const UidValidity validity = archive->uid_validity();
    const std::string guid = archive->guid();
    std::ofstream(path(".Archive/dovecot-uidlist"), std::ios::app) << "4294967295 :1.gone\n";
    EXPECT_FALSE(archive->status());  // its sessions end
    const auto anew = open("Archive");
    EXPECT_GT(anew->uid_validity(), validity);
    EXPECT_EQ(anew->guid(), guid);
    const auto after = anew->rows(UidSet::all(), {.save_date = true, .email_id = true}).value().at(0);
    EXPECT_EQ(after.uid, Uid(1));
    EXPECT_EQ(after.flags, before.flags);
    EXPECT_EQ(after.email_id, before.email_id);
    EXPECT_EQ(after.save_date, before.save_date);
    EXPECT_EQ(append(*anew, "two\r\n"), Uid(2));
}

TEST_F(DamagedMailboxTest, ALineWithoutEndTakesNoMemoryAndHidesNothingBehindIt) {
    const auto inbox = open();
    append(*inbox, "one\r\n");
    const std::string list = read("dovecot-uidlist");
    const auto line = list.find('\n') + 1;
    write("dovecot-uidlist", list.substr(0, line) + std::string(5u << 20, 'x') + "\n" + list.substr(line));
    const auto rows = open()->rows(UidSet::all()).value();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.at(0).uid, Uid(1));
    append(*inbox, "two\r\n");
    EXPECT_LT(read("dovecot-uidlist").size(), 1000u);
}

TEST_F(DamagedMailboxTest, ANewKeywordTakesNoLetterThatMessagesCarryWithoutAName) {
    const auto inbox = open();
    const Uid old = append(*inbox, "one\r\n", flags({}, {"Lost", "Gone"}));
    fs::remove(path("dovecot-keywords"));
    const Uid plain = append(*inbox, "two\r\n");
    ASSERT_TRUE(inbox->store_flags(uids({plain.value()}), {FlagAction::add, flags({}, {"New"})}));
    EXPECT_EQ(read("dovecot-keywords"), "2 New\n");
    append(*inbox, "three\r\n", flags({}, {"Newer"}));
    EXPECT_EQ(read("dovecot-keywords"), "2 New\n3 Newer\n");
    const auto rows = inbox->rows(uids({old.value()})).value();
    EXPECT_TRUE(rows.at(0).flags.keywords.empty()) << "it would have a keyword that nobody gave it";
    // What the file names carry comes back with the names.
    fs::remove(path("dovecot-keywords"));
    write("dovecot-keywords", "0 Lost\n1 Gone\n2 New\n3 Newer\n");
    ASSERT_TRUE(open()->status());
    EXPECT_EQ(inbox->rows(uids({old.value()})).value().at(0).flags, flags({}, {"Lost", "Gone"}));
}

TEST_F(DamagedMailboxTest, WhenAllLettersAreCarriedANewKeywordGetsANumber) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    const std::string name = files("cur").at(0);
    fs::rename(path("cur/" + name), path("cur/" + name + "abcdefghijklmnopqrstuvwxyz"));
    ASSERT_TRUE(inbox->verify());
    const auto stored = inbox->store_flags(UidSet::all(), {FlagAction::add, flags({}, {"New"})});
    ASSERT_TRUE(stored) << stored.error().message();
    EXPECT_EQ(stored->at(0).flags, flags({Flag::seen}, {"New"}));
    EXPECT_FALSE(fs::exists(path("dovecot-keywords")));
    EXPECT_NE(read("posthouse-keywords").find(" K 26 New\n"), std::string::npos);
}

TEST(StaleLock, IsOneOfAnotherBootOfALostProcessOrOfAnotherAge) {
    const std::string living = std::to_string(::getppid()) + ":here";
    constexpr std::int64_t now = 1'000'000;
    constexpr std::int64_t booted = now - 60;
    const std::vector<std::string> here{std::string("here"), std::string("system")};
    EXPECT_FALSE(is_stale_lock(now - 10, living, here, now, booted));
    EXPECT_TRUE(is_stale_lock(now - 100, living, here, now, booted)) << "taken before the machine was started";
    EXPECT_FALSE(is_stale_lock(now - 100, "1:elsewhere", here, now, booted)) << "another machine's";
    EXPECT_TRUE(is_stale_lock(now - 121, "1:elsewhere", here, now, booted));
    EXPECT_TRUE(is_stale_lock(now - 10, std::to_string(::getpid()) + ":here", here, now, booted));
    EXPECT_FALSE(is_stale_lock(now - 10, "no sense", here, now, booted));
    EXPECT_TRUE(is_stale_lock(now - 10, "2147483647:system\n", here, now, booted)) << "the machine's other name";
    EXPECT_FALSE(is_stale_lock(now - 10, std::to_string(::getppid()) + ":system", here, now, booted));
}

TEST_F(DamagedMailboxTest, ALockOfADeadProcessThatDovecotLeftStopsNobody) {
    std::array<char, 256> host{};
    ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
    append(*open(), "one\r\n");
    write("dovecot-uidlist.lock", "2147483647:" + std::string(host.data()) + "\n");
    const auto began = std::chrono::steady_clock::now();
    append(*open(), "two\r\n");
    EXPECT_LT(std::chrono::steady_clock::now() - began, store.settings().lock_wait / 2);
    EXPECT_FALSE(fs::exists(path("dovecot-uidlist.lock")));
}

TEST_F(DamagedMailboxTest, NamesWithoutRoomForFlagsGetOthersAndKeepTheirUids) {
    const auto inbox = open();
    const std::string long_name(255, 'n');
    const std::string almost(240, 'a');
    write("new/" + long_name, "long\n");
    write("cur/" + almost + ":2,S", "almost\n");
    append(*inbox, "short\r\n");
    View session = view();
    ASSERT_EQ(session.count(), 3u);
    EXPECT_TRUE(files("new").empty());
    const Uid before = inbox->rows(UidSet::all(), {}).value().at(0).uid;
    const std::string first = content(*inbox, before);
    const FlagChange change{FlagAction::add, flags({Flag::seen, Flag::flagged, Flag::answered, Flag::draft},
                                                   {"One", "Two", "Three", "Four", "Five", "Six"})};
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), change));
    const auto rows = inbox->rows(UidSet::all(), {}).value();
    ASSERT_EQ(rows.size(), 3u);
    for (const MessageRow& row : rows) EXPECT_EQ(row.flags, change.flags);
    EXPECT_EQ(content(*inbox, before), first);
    for (const std::string& name : files("cur")) EXPECT_LT(name.size(), 150u);
    EXPECT_EQ(files("cur").size(), 3u);
    EXPECT_FALSE(fs::exists(path("posthouse-refile")));
}

TEST_F(DamagedMailboxTest, AnImpossibleSizeInANameIsMeasured) {
    write("cur/1.M1P1.h,S=4,W=2:2,S", "a\nb\n");
    write("cur/2.M1P1.h,S=4,W=900:2,S", "c\nd\n");
    const auto rows = open()->rows(UidSet::all(), {.wire_size = true}).value();
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].wire_size, 6u);
    EXPECT_EQ(rows[1].wire_size, 6u);
}

}  // namespace
}  // namespace posthouse::storage
