// Mailboxes of Courier's, and Maildirs of nobody's, opened for the first time.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "storage/further_keyword_file.h"
#include "storage/keyword_file.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view hello = "Subject: hello\n\nline\n";
using Names = std::vector<std::string>;

class TakeOverTest : public MailRoot {
  protected:
    /// Courier's tree has nothing of what the making of an account leaves.
    void SetUp() override { fs::remove(path("subscriptions")); }
    /// A message's file.
    void message(const std::string& file, std::int64_t date = 1'000'000'000) const {
        write(file, hello);
        const timespec times[2] = {{date, 0}, {date, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, path(file).c_str(), times, 0), 0);
    }
    void keywords(const std::string& file, std::string_view text) const {
        fs::create_directories(path("courierimapkeywords"));
        write("courierimapkeywords/" + file, text);
    }
    /// Opens INBOX; gives the UID of each base name, by the lines of dovecot-uidlist.
    std::map<std::string, std::uint32_t> take_over() {
        inbox = open();
        EXPECT_TRUE(inbox->status());
        std::map<std::string, std::uint32_t> found;
        std::istringstream lines(read("dovecot-uidlist"));
        std::string line;
        std::getline(lines, line);
        while (std::getline(lines, line))
            found[line.substr(line.find(" :") + 2)] = static_cast<std::uint32_t>(std::stoul(line));
        EXPECT_EQ(inbox->rows(UidSet::all()).value().size(), found.size() - absent);
        return found;
    }
    Flags flags_of(std::uint32_t uid) {
        const auto rows = inbox->rows(uids({uid})).value();
        return rows.size() == 1 ? rows.front().flags : flags({Flag::draft}, {"no-such-message"});
    }
    std::string unique_id(std::uint32_t uid) {
        return inbox->rows(uids({uid}), {.unique_id = true}).value().at(0).unique_id;
    }
    Names subscribed() {
        Names names;
        for (const ListedMailbox& mailbox : account->list().value())
            if (mailbox.subscribed) names.push_back(mailbox.name.text());
        return names;
    }
    using Uids = std::map<std::string, std::uint32_t>;

    std::shared_ptr<Mailbox> inbox;
    std::size_t absent = 0;  ///< lines without a message
};

TEST_F(TakeOverTest, ACourierMailboxKeepsUidsFlagsDatesAndKeywords) {
    message("cur/a:2,FS", 1'100'000'000);
    message("cur/b:2,");
    message("new/c");
    write("courierimapuiddb", "1 795772748 40\n7 a\n9 b\n12 c\n");
    keywords(":list", "Junk\nwork\n\na:0 1\nb:0\n");
    keywords("b", "$Forwarded\n");
    keywords(".5985910.a", "no longer\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 7}, {"b", 9}, {"c", 12}}));
    EXPECT_EQ(inbox->uid_validity(), UidValidity(795772748));
    EXPECT_EQ(inbox->status().value().uid_next, Uid(40));
    EXPECT_EQ(flags_of(7), flags({Flag::flagged, Flag::seen}, {"Junk", "work"}));
    EXPECT_EQ(flags_of(9), flags({}, {"$Forwarded"}));
    EXPECT_EQ(flags_of(12), flags({}));
    const auto row = inbox->rows(uids({7}), {.internal_date = true}).value().at(0);
    EXPECT_EQ(row.internal_date.time_since_epoch().count(), 1'100'000'000);
    EXPECT_FALSE(fs::exists(path("courierimapuiddb")));
    EXPECT_TRUE(fs::exists(path("courierimapuiddb.old")));
    EXPECT_EQ(read("cur/" + files("cur").at(0)), hello);
}

TEST_F(TakeOverTest, WhatCourierHasNotNumberedComesAfterItsUids) {
    message("cur/a:2,");
    message("new/1700000000.later");
    message("new/1600000000.sooner");
    write("courierimapuiddb", "1 5 3\n8 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 8}, {"1600000000.sooner", 9}, {"1700000000.later", 10}}));
    EXPECT_EQ(inbox->status().value().uid_next, Uid(11));
}

TEST_F(TakeOverTest, AMailboxMadeLaterHasAnotherUidValidity) {
    write("courierimapuiddb", "1 4000000000 3\n");
    take_over();
    EXPECT_EQ(inbox->uid_validity(), UidValidity(4000000000));
    ASSERT_TRUE(account->create(named("Other")));
    EXPECT_GT(open("Other")->uid_validity(), UidValidity(4000000000));
}

TEST_F(TakeOverTest, LinesOfMessagesThatAreGoneAreNotGivenToOthers) {
    message("cur/b:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    absent = 1;
    EXPECT_EQ(take_over(), (Uids{{"a", 1}, {"b", 2}}));
    append(*inbox, hello);
    EXPECT_EQ(inbox->rows(UidSet::all()).value().back().uid, Uid(3));
}

TEST_F(TakeOverTest, DamagedLinesCostTheirMessagesUidsOnly) {
    message("cur/a:2,");
    message("cur/b:2,");
    message("cur/c:2,");
    write("courierimapuiddb", "1 5 3\n1 a\nno sense\n1 b\n2 c\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 1}, {"c", 2}, {"b", 3}}));
    EXPECT_EQ(inbox->uid_validity(), UidValidity(5));
}

TEST_F(TakeOverTest, DuplicateLinesLeaveOneMessageWithTheLaterUid) {
    message("cur/a:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 2}}));
}

TEST_F(TakeOverTest, WithoutAHeaderUidsAreNewAndTheFileStays) {
    message("cur/a:2,");
    write("courierimapuiddb", "no sense\n7 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 1}}));
    EXPECT_TRUE(fs::exists(path("courierimapuiddb")));
}

TEST_F(TakeOverTest, TheHighestUidsAreTakenOverAndThenNumberedAnew) {
    message("cur/a:2,S");
    message("cur/b:2,");
    message("new/c");
    write("courierimapuiddb", "1 4000000000 4294967295\n5 a\n4294967295 b\n");
    keywords(":list", "work\n\nb:0\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 1}, {"b", 2}, {"c", 3}}));
    EXPECT_GT(inbox->uid_validity(), UidValidity(4000000000));
    EXPECT_EQ(flags_of(2), flags({}, {"work"}));
}

TEST_F(TakeOverTest, SixtyThousandUidsMoreAreEnough) {
    message("cur/a:2,S");
    write("courierimapuiddb", "1 7 4294900000\n4294000000 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 4294000000}}));
    EXPECT_EQ(inbox->uid_validity(), UidValidity(7));
}

TEST_F(TakeOverTest, MoreKeywordsThanLettersAreTakenOver) {
    std::string list;
    std::string numbers;
    for (int i = 0; i < 40; ++i) {
        list += "Key" + std::to_string(i) + "\n";
        numbers += (i == 0 ? "" : " ") + std::to_string(i);
    }
    message("cur/a:2,");
    message("cur/b:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    keywords(":list", list + "\na:" + numbers + "\nb:39\n");
    take_over();
    EXPECT_EQ(flags_of(1).keywords.names().size(), 40u);
    EXPECT_EQ(flags_of(2), flags({}, {"Key39"}));
    // The most used one has a letter.
    EXPECT_TRUE(read("dovecot-keywords").find("Key39") != std::string::npos);
    EXPECT_TRUE(fs::exists(path(FurtherKeywordFile::file_name)));
}

TEST_F(TakeOverTest, KeywordsThatFitNowhereAreLeftOut) {
    std::string list;
    for (int i = 0; i < 600; ++i) list += "Key" + std::to_string(i) + "\n";
    std::string lines;
    for (int i = 0; i < 600; ++i) {
        const std::string base = "m" + std::to_string(1000 + i);
        message("cur/" + base + ":2,");
        lines += base + ":" + std::to_string(i) + "\n";
    }
    write("courierimapuiddb", "1 5 3\n");
    keywords(":list", list + "\n" + lines);
    take_over();
    EXPECT_EQ(inbox->keywords().size(), max_letters + max_further_keywords);
    EXPECT_FALSE(inbox->may_create_keywords());
}

TEST_F(TakeOverTest, SpellingsOfOneKeywordAreOne) {
    message("cur/a:2,");
    message("cur/b:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    keywords("a", "Work\nwork\n");
    keywords("b", "WORK\n");
    take_over();
    EXPECT_EQ(inbox->keywords().size(), 1u);
    EXPECT_EQ(flags_of(1), flags({}, {"work"}));
    EXPECT_EQ(flags_of(2), flags({}, {"work"}));
}

TEST_F(TakeOverTest, LettersThatMessagesCarryMeanNoKeywordOfCouriers) {
    message("cur/a:2,Sa");
    message("cur/b:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    keywords("b", "Junk\n");
    take_over();
    EXPECT_EQ(flags_of(1), flags({Flag::seen}));
    EXPECT_EQ(flags_of(2), flags({}, {"Junk"}));
}

TEST_F(TakeOverTest, LinksAreNotFollowedAndFoldersNotRead) {
    message("cur/a:2,");
    write("elsewhere", "1 77 9\n8 a\n");
    write("others", "INBOX.Theirs\n");
    fs::create_symlink(path("elsewhere"), path("courierimapuiddb"));
    fs::create_symlink(path("others"), path("courierimapsubscribed"));
    fs::create_symlink(path(), path("courierimapkeywords"));
    fs::create_directory(path("courierpop3dsizelist"));
    EXPECT_EQ(take_over(), (Uids{{"a", 1}}));
    EXPECT_NE(inbox->uid_validity(), UidValidity(77));
    EXPECT_TRUE(subscribed().empty());
}

TEST_F(TakeOverTest, AFifoStopsNobody) {
    message("cur/a:2,");
    ASSERT_EQ(::mkfifo(path("courierimapuiddb").c_str(), 0600), 0);
    ASSERT_EQ(::mkfifo(path("courierimapsubscribed").c_str(), 0600), 0);
    EXPECT_EQ(take_over(), (Uids{{"a", 1}}));
}

TEST_F(TakeOverTest, LinksAmongTheKeywordsAreLeftOut) {
    message("cur/a:2,");
    message("cur/b:2,");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    write("elsewhere", "Theirs\n");
    keywords("b", "Mine\n");
    fs::create_symlink(path("elsewhere"), path("courierimapkeywords/a"));
    take_over();
    EXPECT_EQ(flags_of(1), flags({}));
    EXPECT_EQ(flags_of(2), flags({}, {"Mine"}));
}

TEST_F(TakeOverTest, FilesThatAreTooLargeCountAsMissing) {
    message("cur/a:2,");
    write("courierimapuiddb", "1 77 9\n8 a\n");
    fs::resize_file(path("courierimapuiddb"), (std::uint64_t{256} << 20) + 1);
    keywords("a", "Mine\n");
    fs::resize_file(path("courierimapkeywords/a"), (1u << 16) + 1);
    write("courierimapsubscribed", "INBOX.Much\n");
    fs::resize_file(path("courierimapsubscribed"), (std::uint64_t{16} << 20) + 1);
    EXPECT_EQ(take_over(), (Uids{{"a", 1}}));
    EXPECT_EQ(flags_of(1), flags({}));
    EXPECT_TRUE(subscribed().empty());
}

TEST_F(TakeOverTest, SubscriptionsAreReadBeforeAndWrittenWithInbox) {
    write("courierimapsubscribed", "INBOX.Sent\nINBOX.Work.Q1\nINBOX\nshared.x\n");
    EXPECT_EQ(subscribed().size(), 3u);
    EXPECT_FALSE(fs::exists(path("subscriptions")));
    take_over();
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nSent\nWork\tQ1\nINBOX\n");
    EXPECT_EQ(subscribed().size(), 3u);
    ASSERT_TRUE(account->unsubscribe(named("Sent")));
    EXPECT_EQ(subscribed().size(), 2u);
}

TEST_F(TakeOverTest, SubscriptionsThatAreThereCount) {
    write("subscriptions", "V\t2\n\n");
    write("courierimapsubscribed", "INBOX.Sent\n");
    EXPECT_TRUE(subscribed().empty());
    take_over();
    EXPECT_EQ(read("subscriptions"), "V\t2\n\n");
}

TEST_F(TakeOverTest, AFirstChangeOfSubscriptionsKeepsCouriers) {
    write("courierimapsubscribed", "INBOX.Sent\n");
    ASSERT_TRUE(account->subscribe(named("Work")));
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nSent\nWork\n");
}

TEST_F(TakeOverTest, UniqueIdsOfPop3Stay) {
    message("cur/a:2,S");
    message("cur/b:2,");
    message("new/c");
    write("courierimapuiddb", "1 5 3\n1 a\n2 b\n");
    write("courierpop3dsizelist", "/3 9 17\na:2, 21 5:17:0\nc 21 8:17:0\n");
    take_over();
    EXPECT_EQ(unique_id(1), "UID5-17");
    EXPECT_EQ(unique_id(2), "");
    EXPECT_EQ(unique_id(3), "UID8-17");
}

TEST_F(TakeOverTest, UniqueIdsStayWithoutUidsOfImap) {
    message("cur/1000000001.a:2,S");
    message("cur/1000000000.b:2,");
    write("courierpop3dsizelist", "/3 9 17\n1000000001.a:2, 21 5:17:0\n");
    EXPECT_EQ(take_over(), (Uids{{"1000000000.b", 1}, {"1000000001.a", 2}}));
    EXPECT_EQ(unique_id(2), "UID5-17");
}

TEST_F(TakeOverTest, UniqueIdsThatCannotBeOneAreNotShown) {
    message("cur/a:2,");
    message("cur/b:2,");
    message("cur/c:2,");
    write("dovecot-uidlist", "3 V5 N9 G3c7952266d9a036b113c000083ecc375\n1 P" + std::string(71, 'x') +
                                 " :a\n2 P\x01y :b\n3 Pfine D17 :c\n");
    inbox = open();
    ASSERT_TRUE(inbox->status());
    EXPECT_EQ(unique_id(1), "");
    EXPECT_EQ(unique_id(3), "fine");
    const auto rows = inbox->rows(UidSet::all(), {.unique_id = true}).value();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[2].uid, Uid(9)) << "a line with a control character is damaged";
    EXPECT_EQ(rows[2].unique_id, "");
}

TEST_F(TakeOverTest, WhatIsThereAlreadyCounts) {
    message("cur/a:2,");
    write("dovecot-uidlist", "3 V5 N9 G3c7952266d9a036b113c000083ecc375\n3 :a\n");
    write("courierimapuiddb", "1 77 9\n8 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 3}}));
    EXPECT_TRUE(fs::exists(path("courierimapuiddb")));
}

TEST_F(TakeOverTest, AListThatLostItsHeaderIsNoFirstOpening) {
    message("cur/a:2,");
    write("dovecot-uidlist", "no sense\n");
    write("courierimapuiddb", "1 77 9\n8 a\n");
    EXPECT_EQ(take_over(), (Uids{{"a", 1}}));
    EXPECT_NE(inbox->uid_validity(), UidValidity(77));
}

TEST_F(TakeOverTest, ADovecotThatFindsTheTreeLaterSeesPlainWords) {
    message("cur/a:2,S");
    write("courierimapuiddb", "1 795772748 40\n7 a\n");
    write("courierpop3dsizelist", "/3 9 17\na:2, 21 5:17:0\n");
    take_over();
    EXPECT_EQ(read("dovecot-uidlist"), "3 V795772748 N40 G" + inbox->guid() + "\n7 PUID5-17 :a\n");
}

TEST_F(TakeOverTest, APlainMaildirIsNumberedInOrderOfArrival) {
    message("cur/1700000000.M5P1.host:2,RS", 1'700'000'000);
    message("cur/1600000000.2_1.mutt:2,F", 1'600'000'001);
    message("new/1650000000.R77.host", 1'650'000'000);
    message("cur/1700000000.M4P1.host:2,DT", 1'500'000'000);
    EXPECT_EQ(take_over(), (Uids{{"1600000000.2_1.mutt", 1},
                                 {"1650000000.R77.host", 2},
                                 {"1700000000.M4P1.host", 3},
                                 {"1700000000.M5P1.host", 4}}));
    EXPECT_EQ(flags_of(1), flags({Flag::flagged}));
    EXPECT_EQ(flags_of(2), flags({}));
    EXPECT_EQ(flags_of(3), flags({Flag::draft, Flag::deleted}));
    EXPECT_EQ(flags_of(4), flags({Flag::answered, Flag::seen}));
    std::vector<std::int64_t> dates;
    for (const MessageRow& row : inbox->rows(UidSet::all(), {.internal_date = true}).value())
        dates.push_back(row.internal_date.time_since_epoch().count());
    EXPECT_EQ(dates, (std::vector<std::int64_t>{1'600'000'001, 1'650'000'000, 1'500'000'000, 1'700'000'000}));
    EXPECT_EQ(files("cur"),
              (Names{"1600000000.2_1.mutt:2,F", "1700000000.M4P1.host:2,DT", "1700000000.M5P1.host:2,RS"}));
}

}  // namespace
}  // namespace posthouse::storage
