// Keywords above the 26 letters: kept in posthouse-keywords, seen by all, lost with the message only.
#include <sys/wait.h>

#include <algorithm>

#include "storage/further_keyword_file.h"
#include "storage/mailbox_state.h"
#include "storage/refile.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";
constexpr const char* file_name = FurtherKeywordFile::file_name;
using Names = std::vector<std::string>;

Names numbered(const std::string& prefix, int count) {
    Names names;
    for (int i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
    return names;
}

class FurtherKeywordsTest : public MailRoot {
  protected:
    /// A mailbox whose letters are used up, by a message that it doesn't keep.
    std::shared_ptr<Mailbox> full(std::string_view name = "INBOX", const std::string& prefix = "Letter") {
        if (!account->exists(named(name)).value()) EXPECT_TRUE(account->create(named(name)));
        const auto mailbox = open(name);
        const Uid uid = append(*mailbox, hello, flags({}, numbered(prefix, 26)));
        EXPECT_TRUE(mailbox->expunge(uids({uid.value()}), ExpungeRule::all_given));
        return mailbox;
    }
    static Flags flags_of(Mailbox& mailbox, std::uint32_t uid) {
        const Result<std::vector<MessageRow>> rows = mailbox.rows(uids({uid}));
        return rows && rows->size() == 1 ? rows->front().flags : flags({Flag::draft}, {"no-such-message"});
    }
    static void add(Mailbox& mailbox, std::uint32_t uid, const Names& names) {
        ASSERT_TRUE(mailbox.store_flags(uids({uid}), {FlagAction::add, flags({}, names)}));
    }
    static void remove(Mailbox& mailbox, std::uint32_t uid, const Names& names) {
        ASSERT_TRUE(mailbox.store_flags(uids({uid}), {FlagAction::remove, flags({}, names)}));
    }
    void lose_the_index() const {
        // In one step, as others may be using it or making it anew.
        const std::string away = folder.path() + "/index-that-was-lost";
        std::error_code was_not_there;
        std::filesystem::rename(folder.path() + "/.index/example.org/bob", away, was_not_there);
        std::filesystem::remove_all(away);
    }
    std::string base(const std::string& below = "cur") const {
        const std::string name = files(below).at(0);
        return name.substr(0, name.find(':'));
    }
    /// What one finds who knows only the files.
    Flags flags_anew(std::uint32_t uid, std::string_view name = "INBOX") {
        lose_the_index();
        Store other(settings_for(folder.path()));
        const auto mailbox = other.open(bob).value()->open(named(name)).value();
        EXPECT_TRUE(mailbox->status());
        return flags_of(*mailbox, uid);
    }
};

TEST_F(FurtherKeywordsTest, WhatIsLeftOfAMailboxThatIsBeingDeletedKeepsItsKeywords) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"Letter3", "AboveTheLetters"}));
    const Flags before = flags_of(*inbox, 2);
    ASSERT_NE(before, flags({}));
    // As far as a deletion has come: cur/ and new/ go first.
    for (const char* name : {"cur", "new"}) std::filesystem::remove_all(path(name));
    for (const char* name : {"dovecot-keywords", file_name}) {
        std::filesystem::remove(path(name));
        const Result<std::vector<MessageRow>> rows = inbox->rows(uids({2}));
        if (rows && !rows->empty()) EXPECT_EQ(rows->front().flags, before) << "without " << name;
    }
}

TEST_F(FurtherKeywordsTest, TheTwentySeventhKeywordStandsInAFileOfItsOwn) {
    const auto inbox = full();
    append(*inbox, hello, flags({Flag::seen}, {"Letter0"}));
    EXPECT_FALSE(std::filesystem::exists(path(file_name)));
    EXPECT_TRUE(inbox->may_create_keywords());
    add(*inbox, 2, {"One-More"});
    EXPECT_EQ(read(file_name), to_record_line("K 26 One-More") + to_record_line("M 26 :" + base()));
    EXPECT_TRUE(files("cur")[0].ends_with(":2,Sa"));
    EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"letter0", "one-more"}));
    Names all = numbered("Letter", 26);
    all.emplace_back("One-More");
    Names known = inbox->keywords();
    std::ranges::sort(known);
    std::ranges::sort(all);
    EXPECT_EQ(known, all);
    EXPECT_EQ(flags_anew(2), flags({Flag::seen}, {"letter0", "one-more"}));
}

TEST_F(FurtherKeywordsTest, StoreReplacesAddsAndRemoves) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"Letter1", "x", "y"}));
    EXPECT_EQ(
        inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen}, {"z", "Letter2"})}).value()[0].flags,
        flags({Flag::seen}, {"Letter1", "Letter2", "x", "y", "z"}));
    EXPECT_EQ(inbox->store_flags(UidSet::all(), {FlagAction::remove, flags({}, {"Y", "letter1"})}).value()[0].flags,
              flags({Flag::seen}, {"Letter2", "x", "z"}));
    EXPECT_EQ(flags_anew(2), flags({Flag::seen}, {"Letter2", "x", "z"}));
    EXPECT_EQ(inbox->store_flags(UidSet::all(), {FlagAction::replace, flags({}, {"y"})}).value()[0].flags,
              flags({}, {"y"}));
    EXPECT_EQ(flags_anew(2), flags({}, {"y"}));
    EXPECT_EQ(inbox->store_flags(UidSet::all(), {FlagAction::replace, flags({Flag::seen})}).value()[0].flags,
              flags({Flag::seen}));
    EXPECT_EQ(flags_anew(2), flags({Flag::seen}));
}

TEST_F(FurtherKeywordsTest, HundredsFitOnOneMessageAndOneMoreIsRefused) {
    const auto inbox = open();
    append(*inbox, hello);
    const Names all = numbered("k", 26 + max_further_keywords);
    add(*inbox, 1, all);
    EXPECT_EQ(flags_of(*inbox, 1), flags({}, all));
    EXPECT_FALSE(inbox->may_create_keywords());
    const auto refused = inbox->store_flags(UidSet::all(), {FlagAction::replace, flags({Flag::seen}, {"one-more"})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::limit);
    EXPECT_EQ(flags_of(*inbox, 1), flags({}, all));
    EXPECT_EQ(inbox->keywords().size(), all.size());
    // A copy keeps what fits.
    ASSERT_TRUE(account->create(named("Other")));
    const auto other = open("Other");
    append(*other, hello, flags({}, {"foreign"}));
    ASSERT_TRUE(inbox->copy(UidSet::all(), *other));
    EXPECT_EQ(flags_of(*other, 2).keywords.names().size(), all.size() - 1);
    EXPECT_EQ(flags_anew(1), flags({}, all));
}

TEST_F(FurtherKeywordsTest, CopyTranslatesNumbersAndLetters) {
    const auto inbox = full();
    const auto other = full("Other", "Foreign");
    append(*inbox, hello, flags({}, {"x", "Letter3", "Foreign4"}));
    append(*other, hello, flags({}, {"y"}));
    EXPECT_EQ(inbox->copy(UidSet::all(), *other).value().to.size(), 1u);
    EXPECT_EQ(flags_of(*other, 3), flags({}, {"x", "Letter3", "Foreign4"}));
    EXPECT_EQ(inbox->move(UidSet::all(), *other).value().to.size(), 1u);
    EXPECT_EQ(flags_of(*other, 4), flags({}, {"x", "Letter3", "Foreign4"}));
    EXPECT_EQ(other->copy(uids({2, 4}), *inbox).value().to.size(), 2u);
    EXPECT_EQ(flags_of(*inbox, 3), flags({}, {"y"}));
    EXPECT_EQ(flags_anew(4), flags({}, {"x", "Letter3", "Foreign4"}));
    EXPECT_EQ(flags_anew(4, "Other"), flags({}, {"x", "Letter3", "Foreign4"}));
}

TEST_F(FurtherKeywordsTest, OtherStoresAndSessionsSeeTheChangeAtOnce) {
    const auto inbox = full();
    append(*inbox, hello);
    append(*inbox, hello);
    Store other(settings_for(folder.path()));
    const auto theirs = other.open(bob).value()->open(MailboxName()).value();
    View session = View::open(theirs, Access::read_write).value();
    const WatchId watch = other.watcher().add(*theirs);
    const ModSeq before = inbox->status().value().highest_modseq;
    add(*inbox, 3, {"x"});
    EXPECT_EQ(other.watcher().drain(), (std::vector<WatchId>{watch}));
    const Changes changes = session.refresh(Expunges::reveal).value();
    ASSERT_EQ(changes.flags.size(), 1u);
    EXPECT_EQ(changes.flags[0].uid, Uid(3));
    EXPECT_EQ(changes.flags[0].flags, flags({}, {"x"}));
    EXPECT_GT(theirs->status().value().highest_modseq, before);
    EXPECT_TRUE(std::ranges::count(theirs->keywords(), "x") == 1);
    // What changes nothing is no change, also not in the file.
    const std::string text = read(file_name);
    add(*theirs, 3, {"X"});
    EXPECT_EQ(read(file_name), text);
    EXPECT_TRUE(session.refresh(Expunges::reveal).value().empty());
    add(*theirs, 2, {"y"});
    remove(*inbox, 3, {"x"});
    EXPECT_EQ(session.refresh(Expunges::reveal).value().flags.size(), 2u);
}

// Rows are read without a look at the folder: the letter of a keyword that another process has just named had no name
// here.
TEST_F(FurtherKeywordsTest, ALetterThatAnotherProcessHasNamedSinceTheLastLookIsShownAndCopied) {
    const auto inbox = open("INBOX");
    append(*inbox, hello);
    append(*inbox, hello);
    Store other(settings_for(folder.path()));
    const auto account_there = other.open(bob).value();
    ASSERT_TRUE(account_there->create(named("Copies")));
    const auto copies = account_there->open(named("Copies")).value();
    const auto theirs = account_there->open(MailboxName()).value();
    ASSERT_TRUE(theirs->status());
    add(*inbox, 1, {"x"});
    EXPECT_EQ(flags_of(*theirs, 1), flags({}, {"x"}));
    add(*inbox, 2, {"y"});
    ASSERT_EQ(theirs->copy(uids({2}), *copies).value().to.size(), 1u);
    EXPECT_EQ(flags_of(*copies, 1), flags({}, {"y"}));
}

TEST_F(FurtherKeywordsTest, ARunningSessionKeepsThemWhenTheIndexIsLost) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"x"}));
    View session = view();
    add(*inbox, 2, {"y"});
    lose_the_index();
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x", "y"}));
    add(*inbox, 2, {"z"});
    const Changes changes = session.refresh(Expunges::reveal).value();
    ASSERT_EQ(changes.flags.size(), 1u);
    EXPECT_EQ(changes.flags[0].flags, flags({}, {"x", "y", "z"}));
    EXPECT_TRUE(changes.expunged.empty());
}

TEST_F(FurtherKeywordsTest, ProcessesWorkOnOneMailbox) {
    const auto inbox = full();
    for (int i = 0; i < 4; ++i) append(*inbox, hello);
    std::vector<pid_t> children;
    for (std::uint32_t uid = 2; uid <= 5; ++uid) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        bool is_right = false;
        Store theirs(settings_for(folder.path()));
        if (const Result<std::shared_ptr<Account>> mine = theirs.open(bob)) {
            const Result<std::shared_ptr<Mailbox>> mailbox = (*mine)->open(MailboxName());
            is_right = mailbox.has_value();
            for (int i = 0; i < 40 && is_right; ++i) {
                const std::string name = "k" + std::to_string(uid) + "-" + std::to_string(i);
                is_right = (*mailbox)
                               ->store_flags(uids({uid}), {FlagAction::add, flags({}, {name, "all"})})
                               .value_or(std::vector<MessageFlags>())
                               .size() == 1;
                if (uid == 2 && i % 10 == 9) lose_the_index();
            }
        }
        ::_exit(is_right ? 0 : 1);
    }
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    const Result<Status> status = inbox->status();
    ASSERT_TRUE(status) << status.error().message();
    for (const bool is_anew : {false, true})
        for (std::uint32_t uid = 2; uid <= 5; ++uid) {
            Names expected = numbered("k" + std::to_string(uid) + "-", 40);
            expected.emplace_back("all");
            const Flags found = is_anew ? flags_anew(uid) : flags_of(*inbox, uid);
            EXPECT_EQ(found.keywords.names(), flags({}, expected).keywords.names()) << uid << (is_anew ? " anew" : "");
        }
}

TEST_F(FurtherKeywordsTest, TheyFollowTheFileWhenUidsAndUidvalidityChange) {
    const auto inbox = full();
    append(*inbox, hello);
    append(*inbox, hello, flags({}, {"x"}));
    const UidValidity before = inbox->uid_validity();
    ASSERT_TRUE(inbox->expunge(uids({2}), ExpungeRule::all_given));
    std::filesystem::remove(path("dovecot-uidlist"));
    EXPECT_EQ(inbox->status().error().code, ErrorCode::not_found);
    const auto again = open();
    EXPECT_EQ(again->status().value().messages, 1u);
    EXPECT_NE(again->uid_validity(), before);
    EXPECT_EQ(flags_of(*again, 1), flags({}, {"x"}));
}

TEST_F(FurtherKeywordsTest, TheyGoWithTheMessageToAnotherBaseName) {
    const auto inbox = full();
    append(*inbox, hello, flags({Flag::seen}, {"x", "Letter1"}));
    const Flags expected = flags({Flag::seen}, {"x", "letter1"});
    ASSERT_TRUE(inbox->state()->rename_bases({{base(), "1.first.host,S=21,W=24"}}));
    EXPECT_EQ(base(), "1.first.host,S=21,W=24");
    EXPECT_EQ(flags_of(*inbox, 2), expected);
    EXPECT_EQ(flags_anew(2), expected);
    // Cut off before the file was renamed, after it, and with the index lost then.
    for (const std::string other : {"2.second.host,S=21,W=24", "3.third.host,S=21,W=24", "4.fourth.host,S=21,W=24"}) {
        write("posthouse-refile", to_text(BaseChanges{{base(), other}}));
        if (other[0] != '2') std::filesystem::rename(path("cur/" + base() + ":2,Sb"), path("cur/" + other + ":2,Sb"));
        if (other[0] == '4') lose_the_index();
        ASSERT_TRUE(deliver(store, bob, hello));  // whoever gives a UID to what came finishes it
        ASSERT_TRUE(inbox->expunge(uids({inbox->status().value().uid_next.value() - 1}), ExpungeRule::all_given));
        EXPECT_EQ(base(), other);
        EXPECT_EQ(flags_of(*inbox, 2), expected) << other;
        EXPECT_EQ(flags_anew(2), expected) << other;
    }
}

TEST_F(FurtherKeywordsTest, AMessageThatComesBackHasThemAgain) {
    const auto inbox = full();
    append(*inbox, hello, flags({Flag::seen}, {"x"}));
    const std::string name = files("cur")[0];
    std::filesystem::rename(path("cur/" + name), path("elsewhere"));
    EXPECT_EQ(inbox->status().value().messages, 0u);
    std::filesystem::rename(path("elsewhere"), path("cur/" + name));
    EXPECT_EQ(inbox->status().value().messages, 1u);
    EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"x"}));
    // Also when the index was made while it was away.
    std::filesystem::rename(path("cur/" + name), path("elsewhere"));
    lose_the_index();
    EXPECT_EQ(inbox->status().value().messages, 0u);
    std::filesystem::rename(path("elsewhere"), path("cur/" + name));
    EXPECT_EQ(inbox->status().value().messages, 1u);
    EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"x"}));
}

TEST_F(FurtherKeywordsTest, ALetterForWhatHadANumberStandsForTheSameKeyword) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"x"}));
    std::string letters = read("dovecot-keywords");
    letters.replace(letters.find("Letter9"), 7, "X");
    std::filesystem::remove(path("dovecot-keywords"));
    write("dovecot-keywords", letters);
    ASSERT_TRUE(inbox->status());
    append(*inbox, hello, flags({}, {"X"}));
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x"}));
    EXPECT_EQ(flags_of(*inbox, 3), flags({}, {"x"}));
    remove(*inbox, 2, {"x"});
    remove(*inbox, 3, {"x"});
    EXPECT_EQ(flags_of(*inbox, 2), flags({}));
    EXPECT_EQ(flags_anew(3), flags({}));
}

TEST_F(FurtherKeywordsTest, WhatAProcessWroteBeforeItDiedIsTakenInAndTold) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"x"}));
    View session = view();
    std::ofstream(path(file_name), std::ios::app)
        << to_record_line("K 27 y") << to_record_line("M 26,27 :" + base()) << to_record_line("M 27 :lost");
    const Changes changes = session.refresh(Expunges::reveal).value();
    ASSERT_EQ(changes.flags.size(), 1u);
    EXPECT_EQ(changes.flags[0].flags, flags({}, {"x", "y"}));
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x", "y"}));
}

TEST_F(FurtherKeywordsTest, ATornRecordLeavesTheMessageAsItWasBefore) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"x"}));
    append(*inbox, hello, flags({}, {"x"}));
    add(*inbox, 2, {"y"});
    add(*inbox, 3, {"y"});
    const std::string text = read(file_name);
    write(file_name, text.substr(0, text.size() - 5));
    EXPECT_TRUE(inbox->status());
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x", "y"}));
    EXPECT_EQ(flags_of(*inbox, 3), flags({}, {"x"}));
    add(*inbox, 3, {"z"});
    EXPECT_EQ(flags_anew(3), flags({}, {"x", "z"}));
    EXPECT_EQ(flags_anew(2), flags({}, {"x", "y"}));
}

TEST_F(FurtherKeywordsTest, ANumberWhoseNameIsDamagedNeverMeansAnotherKeyword) {
    const auto inbox = full();
    append(*inbox, hello, flags({}, {"x", "y"}));
    std::string text = read(file_name);
    const auto name = text.find("K 27 y");
    text[name + 5] = '?';
    write(file_name, text);
    ASSERT_TRUE(inbox->status());
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x"}));
    add(*inbox, 2, {"z"});
    EXPECT_EQ(flags_of(*inbox, 2), flags({}, {"x", "z"}));
    EXPECT_EQ(flags_anew(2), flags({}, {"x", "z"}));
    EXPECT_NE(read(file_name).find("K 28 z"), std::string::npos);
    EXPECT_NE(read(file_name).find("M 26,27,28 :"), std::string::npos);
}

TEST_F(FurtherKeywordsTest, JunkInItsPlaceCostsTheFurtherKeywordsOnly) {
    const auto inbox = full();
    append(*inbox, hello, flags({Flag::seen}, {"Letter0", "x"}));
    for (const std::string& junk :
         {std::string("junk\n\n:::"), std::string(100'000, '\0'), to_record_line("Z 1 2"),
          to_record_line("K 26 bad(name") + to_record_line("K 99999 far") + to_record_line("M 25,26 :" + base()) +
              to_record_line("M 26,26 :" + base()) + to_record_line("M 26 :" + std::string(300, 'b'))}) {
        write(file_name, junk);
        EXPECT_TRUE(inbox->status());
        EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"letter0"}));
        add(*inbox, 2, {"x", "y"});
        EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"letter0", "x", "y"}));
        EXPECT_EQ(flags_anew(2), flags({Flag::seen}, {"letter0", "x", "y"}));
    }
    std::filesystem::remove(path(file_name));
    EXPECT_TRUE(inbox->status());
    EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen}, {"letter0"}));
    EXPECT_EQ(inbox->keywords().size(), 26u);
    std::filesystem::create_directory(path(file_name));
    EXPECT_TRUE(inbox->status());
    EXPECT_EQ(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({}, {"x"})}).error().code, ErrorCode::io);
    EXPECT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::flagged}, {"Letter1"})}));
    EXPECT_EQ(flags_of(*inbox, 2), flags({Flag::seen, Flag::flagged}, {"letter0", "letter1"}));
}

TEST_F(FurtherKeywordsTest, TheFileIsWrittenAnewWhenMostOfItIsSuperseded) {
    const auto inbox = full();
    for (int i = 0; i < 10; ++i) append(*inbox, hello, flags({}, {"kept"}));
    for (int i = 0; i < 2000; ++i) {
        add(*inbox, 2, {"x"});
        remove(*inbox, 2, {"x"});
    }
    const std::string text = read(file_name);
    EXPECT_LT(std::ranges::count(text, '\n'), 320);
    for (std::uint32_t uid = 2; uid < 12; ++uid) EXPECT_EQ(flags_anew(uid), flags({}, {"kept"}));
}

TEST_F(FurtherKeywordsTest, RecordsOfMessagesThatAreGoneAreDroppedWithTheirLines) {
    const auto inbox = full();
    std::vector<NewMessage> messages;
    for (int i = 0; i < 200; ++i) messages.push_back({inbox->start_message().value(), flags({}, {"x"}), {}});
    ASSERT_TRUE(inbox->append(std::move(messages)));
    EXPECT_EQ(std::ranges::count(read(file_name), '\n'), 201);
    UidSet most;
    most.add(Uid(2), Uid(181));
    ASSERT_TRUE(inbox->expunge(most, ExpungeRule::all_given));
    EXPECT_EQ(std::ranges::count(read(file_name), '\n'), 21);
    EXPECT_EQ(flags_of(*inbox, 200), flags({}, {"x"}));
    EXPECT_EQ(flags_anew(200), flags({}, {"x"}));
}

TEST(FurtherKeywordRecords, RecordsAreWhatTheyWere) {
    const KeywordDefinition definition{26, "$Label27"};
    EXPECT_EQ(to_record(definition), "K 26 $Label27");
    EXPECT_EQ(parse_keyword_definition(to_record(definition)), definition);
    for (const KeywordAssignment& one : {KeywordAssignment{"1.M2P3.h a b", {26, 30, 537}}, KeywordAssignment{"x", {}}})
        EXPECT_EQ(parse_keyword_assignment(to_record(one)), one);
    for (const std::string bad : {"K", "K ", "K 25 a", "K 538 a", "K 26", "K 26 ", "K 26 a b", "k 26 a", "K -1 a"})
        EXPECT_FALSE(parse_keyword_definition(bad)) << bad;
    for (const std::string bad : {"M", "M ", "M :", "M 26:x", "M 26,:x", "M 26, :x", "M 27,26 :x", "M  :x", "M 26 x"})
        EXPECT_FALSE(parse_keyword_assignment(bad)) << bad;
}

TEST(FurtherKeywordRecords, NamesComeBackFromTheIndexAsTheyWere) {
    FurtherNames names;
    EXPECT_EQ(names.fingerprint(), 0u);
    names.define(30, "thirty");
    names.define(26, "first");
    names.define(26, "second");
    names.define(538, "far");
    EXPECT_EQ(names.name(26), "first");
    EXPECT_EQ(names.find("THIRTY"), 30);
    EXPECT_EQ(names.named(), (FurtherSet{26, 30}));
    const FurtherNames again = FurtherNames::decode(names.encode());
    EXPECT_EQ(again.names(), names.names());
    EXPECT_EQ(again.named(), names.named());
    EXPECT_EQ(again.fingerprint(), names.fingerprint());
    EXPECT_NE(again.fingerprint(), 0u);
}

}  // namespace
}  // namespace posthouse::storage
