// Checking and mending an account, with sessions that go on meanwhile.
#include "storage/repair/repair.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "storage/index/transaction.h"
#include "storage/mailbox_state.h"
#include "storage/refile.h"
#include "storage/repair/aside.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

struct Findings : RepairListener {
    std::vector<Finding> all;
    std::uint64_t files = 0;
    void found(const Finding& finding) override { all.push_back(finding); }
    void progress(std::uint64_t done, std::uint64_t) override { files = done; }
    std::vector<const Finding*> of(FindingKind kind) const {
        std::vector<const Finding*> chosen;
        for (const Finding& finding : all)
            if (finding.kind == kind) chosen.push_back(&finding);
        return chosen;
    }
};

class RepairTest : public MailRoot {
  protected:
    Findings run(bool mends, std::optional<MailboxName> only = {}, bool contents = false) {
        Findings findings;
        const Result<> ran = repair_account(store, bob, {.mends = mends, .contents = contents, .only = only}, findings);
        EXPECT_TRUE(ran) << ran.error().message();
        return findings;
    }
    Findings check() { return run(false); }
    Findings repair() { return run(true); }
    void change_row(Mailbox& mailbox, const std::function<void(MailboxRow&)>& change) {
        const MailboxState& state = *mailbox.state();
        const FolderKey key{state.folder()->device(), state.folder()->inode()};
        IndexWriter writer = IndexWriter::begin(Index::get(store.state().index_place(account->root())).value()).value();
        MailboxRow row = writer.mailbox(key).value();
        change(row);
        writer.put_mailbox(key, row);
        ASSERT_TRUE(writer.commit());
    }
    /// Makes the name of the only message in cur/ and its line wrong about its size; gives the right base name.
    std::string spoil_size() {
        const std::string name = files("cur").at(0);
        const std::string base = name.substr(0, name.find(':'));
        std::string wrong = name;
        wrong.insert(wrong.find(",S=") + 3, "9");
        fs::rename(path("cur/" + name), path("cur/" + wrong));
        std::string list = read("dovecot-uidlist");
        list.replace(list.find(base), base.size(), wrong.substr(0, wrong.find(':')));
        fs::remove(path("dovecot-uidlist"));
        write("dovecot-uidlist", list);
        return base;
    }
};

TEST_F(RepairTest, AnAccountInOrderHasNoFindings) {
    append(*open(), "one\r\n", flags({Flag::seen}, {"Kept"}));
    ASSERT_TRUE(deliver(store, bob, "two\r\n"));
    EXPECT_TRUE(check().all.empty());
    EXPECT_TRUE(repair().all.empty());
    EXPECT_FALSE(fs::exists(path("posthouse-aside")));
}

TEST_F(RepairTest, WhoDoesNotExistIsNotFound) {
    Findings none;
    const auto nobody = AccountName::parse("nobody@example.org").value();
    EXPECT_EQ(repair_account(store, nobody, {}, none).error().code, ErrorCode::not_found);
    EXPECT_EQ(repair_account(store, bob, {.mends = true, .contents = false, .only = named("None")}, none).error().code,
              ErrorCode::not_found);
    EXPECT_FALSE(fs::exists(folder.path() + "/example.org/nobody"));
}

TEST_F(RepairTest, AMailboxAloneIsLookedAtAlone) {
    append(*open(), "one\r\n");
    fs::create_directory(path("cur/folder"));
    fs::create_directory(path(".Sent/cur/folder"));
    EXPECT_EQ(run(false, named("Sent")).all.size(), 1u);
    EXPECT_EQ(run(true, named("INBOX")).all.size(), 1u);
    EXPECT_EQ(run(false).all.size(), 1u);
}

TEST_F(RepairTest, AWrongSizeIsMendedUnderASessionThatSeesNoChange) {
    const auto inbox = open();
    const Uid uid = append(*inbox, "one\r\n", flags({Flag::flagged}, {"Kept"}));
    const std::string right = spoil_size();
    View session = view();
    const auto before = inbox->rows(UidSet::all(), {.internal_date = true, .email_id = true}).value().at(0);
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::wrong_size).size(), 1u);
    EXPECT_TRUE(found.of(FindingKind::wrong_size).at(0)->is_mended);
    EXPECT_EQ(files("cur").at(0), right + ":2,Fa");
    EXPECT_NE(read("dovecot-uidlist").find(":" + right + "\n"), std::string::npos);
    const Changes changes = session.refresh(Expunges::reveal).value();
    EXPECT_TRUE(changes.expunged.empty());
    EXPECT_TRUE(changes.added.empty());
    EXPECT_EQ(changes.count, 1u);
    EXPECT_EQ(content(*inbox, uid), "one\r\n");
    const auto after = inbox->rows(UidSet::all(), {.internal_date = true, .email_id = true}).value().at(0);
    EXPECT_EQ(after.uid, uid);
    EXPECT_EQ(after.flags, before.flags);
    EXPECT_EQ(after.email_id, before.email_id);
    EXPECT_EQ(after.internal_date, before.internal_date);
    EXPECT_TRUE(check().all.empty());
}

TEST_F(RepairTest, NewNamesThatWereCutOffAreGivenBeforeTheNextUid) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    const std::string name = files("cur").at(0);
    const std::string base = name.substr(0, name.find(':'));
    const std::string other = "1.other.host,S=4,W=5";
    const std::string list = read("dovecot-uidlist");
    for (const bool is_renamed : {false, true}) {
        SCOPED_TRACE(is_renamed ? "the file has its new name" : "only the intent is there");
        write("posthouse-refile", to_text({{base, other}}));
        if (is_renamed) fs::rename(path("cur/" + name), path("cur/" + other + ":2,S"));
        const auto inbox = Store(settings_for(folder.path())).open(bob).value()->open(MailboxName()).value();
        append(*inbox, "more\r\n", flags({Flag::seen}));
        const auto rows = inbox->rows(UidSet::all()).value();
        EXPECT_EQ(rows.at(0).uid, Uid(1));
        EXPECT_EQ(content(*inbox, Uid(1)), "one\r\n");
        if (is_renamed) EXPECT_EQ(rows.size(), 3u);
    }
    EXPECT_FALSE(fs::exists(path("posthouse-refile")));
    EXPECT_EQ(repair().of(FindingKind::unusable).size(), 0u);
}

TEST_F(RepairTest, AnIntentOfAStrangerDoesNoHarm) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    const std::string name = files("cur").at(0);
    const std::string base = name.substr(0, name.find(':'));
    write("posthouse-refile", "\t\n" + base + "\t../../up\n" + base + "\n../x\t" + base + "\n" + base + "\t.hidden\n");
    ASSERT_TRUE(deliver(store, bob, "two\r\n"));
    EXPECT_EQ(open()->status()->messages, 2u);
    EXPECT_EQ(files("cur").at(0), name);
}

TEST_F(RepairTest, AnIndexThatCountsWrongIsFoundAndItsRowsAreMadeAnew) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    change_row(*inbox, [](MailboxRow& row) { row.messages = 7; });
    EXPECT_EQ(check().of(FindingKind::index_differs).size(), 1u);
    View session = view();
    EXPECT_EQ(repair().of(FindingKind::index_differs).size(), 1u);
    EXPECT_EQ(inbox->status()->messages, 1u);
    EXPECT_TRUE(check().all.empty());
    EXPECT_TRUE(session.refresh(Expunges::reveal));
    EXPECT_EQ(session.count(), 1u);
}

TEST_F(RepairTest, AnIndexThatTellsAnotherFileIsFound) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    append(*inbox, "two\r\n", flags({Flag::seen}));
    // As if both folders had looked just so when they were read.
    fs::remove(path("cur/" + files("cur").at(0)));
    struct stat st{};
    ASSERT_EQ(::stat(path("cur").c_str(), &st), 0);
    change_row(*inbox, [&](MailboxRow& row) { row.cur.stamp = stamp_of(st); });
    EXPECT_EQ(check().of(FindingKind::index_differs).size(), 1u);
    repair();
    EXPECT_EQ(open()->status()->messages, 1u);
    EXPECT_TRUE(check().all.empty());
}

TEST_F(RepairTest, WhatIsNoMessageIsMovedAsideUnderItsName) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    for (int round = 0; round < 2; ++round) {
        fs::create_directory(path(".Sent/cur/1.x.host:2,S"));
        EXPECT_EQ(repair().of(FindingKind::foreign_entry).size(), 1u);
    }
    const auto moved = files("posthouse-aside/Sent/from-cur");
    ASSERT_EQ(moved.size(), 2u);
    EXPECT_EQ(moved.at(0), "1.x.host:2,S");
    EXPECT_TRUE(moved.at(1).starts_with("1.x.host:2,S."));
    EXPECT_EQ(account->list()->size(), 6u) << "no mailbox came of it";
}

TEST_F(RepairTest, APlaceAsideThatLeadsElsewhereIsNotUsed) {
    fs::create_directory(folder.path() + "/elsewhere");
    fs::create_directory_symlink(folder.path() + "/elsewhere", path("posthouse-aside"));
    fs::create_directory(path("cur/folder"));
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::foreign_entry).size(), 1u);
    EXPECT_FALSE(found.of(FindingKind::foreign_entry).at(0)->is_mended);
    EXPECT_TRUE(fs::exists(path("cur/folder")));
    EXPECT_TRUE(fs::is_empty(folder.path() + "/elsewhere"));
}

TEST_F(RepairTest, ACopiedMailboxBecomesOneOfItsOwnAndTheOldOneStays) {
    const auto archive = open("Archive");
    append(*archive, "one\r\n", flags({Flag::seen}, {"Kept"}));
    const UidValidity validity = archive->uid_validity();
    fs::copy(path(".Archive"), path(".Aaa"), fs::copy_options::recursive);
    const View copied = view("Aaa");
    ASSERT_EQ(open("Aaa")->guid(), archive->guid());
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::double_guid).size(), 1u);
    EXPECT_EQ(found.of(FindingKind::double_guid).at(0)->mailbox, "Aaa");
    EXPECT_EQ(open("Archive")->uid_validity(), validity);
    const auto own = open("Aaa");
    EXPECT_NE(own->guid(), archive->guid());
    EXPECT_GT(own->uid_validity(), validity);
    EXPECT_EQ(own->rows(UidSet::all())->at(0).flags, flags({Flag::seen}, {"Kept"}));
    EXPECT_TRUE(check().all.empty());
}

TEST_F(RepairTest, AMessageThatCannotBeReadIsToldAndLeftAlone) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    const std::string file = path("cur/" + files("cur").at(0));
    if (::geteuid() == 0) {
        // Root reads everything: it is another user's mail, and that user looks.
        constexpr uid_t nobody = 65534;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
            ASSERT_EQ(::lchown(entry.path().c_str(), nobody, nobody), 0);
        ASSERT_EQ(::chown(folder.path().c_str(), nobody, nobody), 0);
        ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
        ASSERT_EQ(::seteuid(nobody), 0);
    } else {
        ASSERT_EQ(::chmod(file.c_str(), 0), 0);
    }
    const Findings found = repair();
    static_cast<void>(::seteuid(::getuid()));
    ASSERT_EQ(found.all.size(), 1u);
    EXPECT_EQ(found.all.at(0).kind, FindingKind::unreadable);
    EXPECT_FALSE(found.all.at(0).is_mended);
    EXPECT_TRUE(fs::exists(file));
}

TEST_F(RepairTest, SubscriptionsOfWhatIsGoneAreOnlyTold) {
    ASSERT_TRUE(account->subscribe(named("Gone")));
    const Findings found = repair();
    ASSERT_EQ(found.all.size(), 1u);
    EXPECT_EQ(found.all.at(0).kind, FindingKind::missing_mailbox);
    EXPECT_TRUE(found.all.at(0).is_note);
    EXPECT_NE(read("subscriptions").find("Gone"), std::string::npos);
}

TEST_F(RepairTest, LettersWithoutANameAreTold) {
    append(*open(), "one\r\n", flags({}, {"Kept"}));
    fs::remove(path("dovecot-keywords"));
    const Findings found = check();
    ASSERT_EQ(found.all.size(), 1u);
    EXPECT_EQ(found.all.at(0).kind, FindingKind::nameless_keyword);
    EXPECT_TRUE(found.all.at(0).is_note);
}

TEST_F(RepairTest, AnAccessListWithALineWithoutSenseIsMovedAsideAndGivesNobodyRights) {
    const std::string list = "# who may\nuser=ann@example.org lr\nuser joe\n" + std::string(2000, 'x') + "\n";
    write("dovecot-acl", list);
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::damaged_small_file).size(), 1u);
    const Finding& finding = *found.of(FindingKind::damaged_small_file).at(0);
    EXPECT_EQ(finding.subject, "dovecot-acl");
    EXPECT_TRUE(finding.is_mended);
    EXPECT_EQ(finding.found, "2 lines make no sense, so that only the owner has rights; the first is 'user joe'");
    EXPECT_FALSE(fs::exists(path("dovecot-acl")));
    EXPECT_EQ(read("posthouse-aside/INBOX/from-files/dovecot-acl"), list);
    EXPECT_TRUE(account->effective_rights(MailboxName(), {"ann@example.org"}).value().empty());
    EXPECT_TRUE(check().all.empty());
}

TEST_F(RepairTest, DamagedAnnotationsAreWrittenAnewAndKept) {
    const EntryName comment = EntryName::parse("/shared/comment").value();
    ASSERT_TRUE(account->set_annotation(std::nullopt, comment, std::nullopt, "ours"));
    std::string text = read("posthouse-account-metadata");
    ASSERT_FALSE(text.empty());
    text.insert(text.find('\n') + 1, "no annotation\n");
    fs::remove(path("posthouse-account-metadata"));
    write("posthouse-account-metadata", text);
    EXPECT_EQ(check().of(FindingKind::damaged_small_file).size(), 1u);
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::damaged_small_file).size(), 1u);
    EXPECT_TRUE(found.of(FindingKind::damaged_small_file).at(0)->is_mended);
    EXPECT_EQ(account->annotations(std::nullopt).value().find(comment, std::nullopt), "ours");
    EXPECT_TRUE(check().all.empty());
    EXPECT_EQ(read("posthouse-aside/INBOX/from-files/posthouse-account-metadata"), text);
}

TEST_F(RepairTest, DamagedRecordsOfFurtherKeywordsAreLeftOutAndKept) {
    const auto inbox = open();
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) names.push_back("Label" + std::to_string(i));
    const Uid uid = append(*inbox, "one\r\n", flags({}, names));
    const std::string right = read("posthouse-keywords");
    write("posthouse-keywords", right + "00000000 K 99 forged\n" + "torn");
    EXPECT_EQ(check().of(FindingKind::damaged_keywords).size(), 1u);
    const Findings found = repair();
    ASSERT_EQ(found.of(FindingKind::damaged_keywords).size(), 1u);
    EXPECT_TRUE(found.of(FindingKind::damaged_keywords).at(0)->is_mended);
    EXPECT_TRUE(check().all.empty());
    EXPECT_EQ(inbox->rows(uids({uid.value()}), {}).value().at(0).flags.keywords.names().size(), names.size());
}

TEST(RefileText, ComesBackAndRefusesWhatIsNoBaseName) {
    const BaseChanges changes{{"a b,S=1", "a b,S=2"}, {"c", "d"}};
    EXPECT_EQ(parse_refile(to_text(changes)), changes);
    EXPECT_TRUE(parse_refile("a\n\ta\na\t\n.a\tb\na\t.b\na/b\tc\na\tb:2,S\na\tb\tc\n").empty());
    EXPECT_TRUE(parse_refile(std::string(300, 'a') + "\tb\n").empty());
}

TEST_F(RepairTest, ALockThatIsHeldForLongerThanSessionsWaitIsNoted) {
    append(*open(), "one\r\n");
    write("dovecot-uidlist.lock", "1:elsewhere\n");
    EXPECT_TRUE(check().all.empty());
    Settings impatient = settings_for(folder.path());
    impatient.lock_wait = std::chrono::milliseconds{0};
    Store other(impatient);
    Findings found;
    ASSERT_TRUE(repair_account(other, bob, {}, found));
    ASSERT_EQ(found.of(FindingKind::held_lock).size(), 1u);
    EXPECT_TRUE(found.all[0].is_note);
    EXPECT_NE(found.all[0].found.find(" seconds by 1:elsewhere: nobody"), std::string::npos) << found.all[0].found;
}

TEST_F(RepairTest, AMailboxWithoutItsListIsNoted) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    fs::remove(path("dovecot-uidlist"));
    const Findings found = check();
    ASSERT_EQ(found.all.size(), 1u);
    EXPECT_EQ(found.all[0].kind, FindingKind::missing_files);
    EXPECT_TRUE(found.all[0].is_note);
    EXPECT_TRUE(found.all[0].found.starts_with("is missing: the 1 messages in cur/ get new UIDs"))
        << found.all[0].found;
}

TEST_F(RepairTest, MessagesWhoseFilesAreGoneAreNoted) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    append(*open(), "two\r\n", flags({Flag::seen}));
    fs::remove(path("cur/" + files("cur").at(0)));
    const Findings one = check();
    ASSERT_EQ(one.of(FindingKind::missing_files).size(), 1u);
    EXPECT_TRUE(
        one.of(FindingKind::missing_files)[0]->found.starts_with("1 of 2 messages that sessions showed have no"))
        << one.of(FindingKind::missing_files)[0]->found;
    fs::remove_all(path("cur"));
    const Findings all = check();
    ASSERT_EQ(all.of(FindingKind::missing_files).size(), 1u);
    EXPECT_TRUE(all.of(FindingKind::missing_files)[0]->found.starts_with("2 of 2 messages in dovecot-uidlist have no"));
}

TEST_F(RepairTest, ExpungedMessagesAreNotMissed) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::deleted}));
    append(*inbox, "two\r\n");
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::deleted_only));
    EXPECT_TRUE(check().all.empty());
}

TEST_F(RepairTest, MaildirsThatNoNameLeadsToAreNoted) {
    for (const char* folder : {".Entwürfe", "archive/2020", ".Work"}) fs::create_directories(path(folder) + "/cur");
    fs::create_directories(path(".Work/new"));
    fs::create_directories(path(".Work/tmp"));
    const Findings found = check();
    const auto notes = found.of(FindingKind::not_served);
    if (is_nested()) {
        EXPECT_TRUE(notes.empty()) << "each is a mailbox";
        return;
    }
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_EQ(notes[0]->subject, ".Entwürfe");
    EXPECT_EQ(notes[0]->found, "holds a Maildir but is no mailbox: its name isn't one; .Entw&APw-rfe would be");
    EXPECT_EQ(notes[1]->subject, "archive/2020");
    EXPECT_EQ(notes[1]->found, "holds a Maildir but is no mailbox: its name isn't one; .archive.2020 would be");
}

TEST_F(RepairTest, ACopiedMailboxIsFoundWhenItAloneIsChecked) {
    append(*open("Sent"), "one\r\n");
    fs::copy(path(".Sent"), path(".Copy"), fs::copy_options::recursive);
    EXPECT_EQ(run(false, named("Copy")).of(FindingKind::double_guid).size(), 1u);
    EXPECT_TRUE(run(false, named("Sent")).of(FindingKind::double_guid).empty()) << "it is the one that was copied";
    EXPECT_EQ(run(true, named("Copy")).of(FindingKind::double_guid).size(), 1u);
    EXPECT_TRUE(check().of(FindingKind::double_guid).empty());
}

}  // namespace
}  // namespace posthouse::storage
