// Tests of `posthouse mailbox` on a mail root of its own, without daemons; and of the progress it shows.
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "storage/account.h"
#include "storage/mailbox.h"
#include "storage/store.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

namespace fs = std::filesystem;
using storage::AccountName;
using storage::MailboxName;

class MailboxCommandsTest : public CommandLineTest {
  protected:
    MailboxCommandsTest() {
        std::ofstream(folder_ + "/posthouse.toml")
            << "[general]\nmail_root = \"mail\"\nindex_root = \"index\"\nhostname = \"test\"\n"
            << "[directory]\nsqlite = \"directory.sqlite\"\n";
        append("joe", "INBOX", {storage::Flag::seen}, "one\r\n");
        append("joe", "INBOX", {}, "two and more\r\n");
        append("joe", "Archive", {storage::Flag::seen, storage::Flag::deleted}, "old\r\n");
        append("ann", "INBOX", {}, "hers\r\n");
    }

    storage::Settings settings() const {
        storage::Settings made;
        made.mail_root = folder_ + "/mail";
        made.index_root = folder_ + "/index";
        made.host_name = "test";
        return made;
    }
    void append(const std::string& user, std::string_view mailbox, storage::SystemFlags flags, std::string_view text) {
        storage::Store store(settings());
        const auto opened = store.open(AccountName::make(user, "example.org").value())
                                .value()
                                ->open(MailboxName::parse(mailbox).value())
                                .value();
        std::vector<storage::NewMessage> messages;
        messages.push_back({opened->start_message().value(), {flags, {}}, {}});
        ASSERT_TRUE(messages.back().content.write(text));
        ASSERT_TRUE(opened->append(std::move(messages)));
    }
    std::string root(const std::string& user = "joe") const { return folder_ + "/mail/example.org/" + user; }

    nlohmann::json json(const std::string& words, int code = 0) {
        EXPECT_EQ(run("--json " + words), code) << out_ << err_;
        return nlohmann::json::parse(out_);
    }
    void damage() {
        fs::create_directory(root() + "/cur/folder");
        fs::create_directory(root() + "/.Archive/cur/folder");
    }
};

TEST_F(MailboxCommandsTest, ListTellsEveryMailbox) {
    const auto rows = json("mailbox list joe@example.org");
    ASSERT_EQ(rows.size(), 6u);
    EXPECT_EQ(rows[0]["mailbox"], "INBOX");
    EXPECT_EQ(rows[0]["messages"], 2);
    EXPECT_EQ(rows[0]["unseen"], 1);
    EXPECT_EQ(rows[0]["guid"].get<std::string>().size(), 32u);
    EXPECT_EQ(rows[1]["mailbox"], "Archive");
    EXPECT_EQ(rows[1]["special_use"], "\\Archive");
    EXPECT_EQ(rows[1]["subscribed"], true);
    EXPECT_GT(rows[1]["uid_validity"], rows[0]["uid_validity"].is_null() ? 1 : 0);
    EXPECT_EQ(run("mailbox list joe@example.org"), 0);
    EXPECT_TRUE(out_.starts_with("MAILBOX ")) << out_;
    EXPECT_EQ(json("mailbox list --all").size(), 12u);
    EXPECT_EQ(run("mailbox list --domain Example.ORG"), 0);
    EXPECT_TRUE(out_.starts_with("ACCOUNT ")) << out_;
}

TEST_F(MailboxCommandsTest, WhoIsMeantMustBeClear) {
    EXPECT_EQ(run("mailbox list"), 2);
    EXPECT_EQ(run("mailbox list joe@example.org --all"), 2);
    EXPECT_EQ(run("mailbox list --all --domain example.org"), 2);
    EXPECT_EQ(run("mailbox list nobody@example.org"), 3);
    EXPECT_EQ(run("mailbox list --domain example.net"), 3);
    EXPECT_EQ(run("mailbox list no-address"), 2);
    EXPECT_EQ(run("mailbox status joe@example.org None"), 3);
    EXPECT_EQ(run("mailbox check joe@example.org a//b"), 2);
    EXPECT_FALSE(fs::exists(root("nobody")));
}

TEST_F(MailboxCommandsTest, StatusTellsOneMailbox) {
    const auto inbox = json("mailbox status joe@example.org");
    EXPECT_EQ(inbox["messages"], 2);
    EXPECT_EQ(inbox["uid_next"], 3);
    EXPECT_EQ(json("mailbox status joe@example.org Archive")["deleted"], 1);
    EXPECT_EQ(run("mailbox status joe@example.org archive"), 3) << "names of mailboxes know upper and lower case";
    EXPECT_EQ(json("mailbox status --all").size(), 2u);
}

TEST_F(MailboxCommandsTest, CheckFindsAndRepairMends) {
    EXPECT_EQ(run("mailbox check --all"), 0) << out_;
    EXPECT_EQ(out_, "2 accounts: nothing wrong was found.\n");
    damage();
    EXPECT_EQ(run("mailbox check joe@example.org"), 1);
    EXPECT_NE(out_.find("joe@example.org INBOX: cur/folder is a folder\n"), std::string::npos) << out_;
    EXPECT_EQ(run("mailbox check joe@example.org Sent"), 0);
    EXPECT_EQ(run("mailbox check ann@example.org"), 0);
    const auto found = json("mailbox check --all --contents", 1);
    ASSERT_EQ(found["findings"].size(), 2u);
    EXPECT_EQ(found["findings"][1]["mailbox"], "Archive");
    EXPECT_EQ(found["findings"][1]["kind"], "foreign_entry");
    EXPECT_EQ(found["not_mended"], 2);
    EXPECT_TRUE(fs::exists(root() + "/cur/folder"));

    EXPECT_EQ(run("mailbox repair joe@example.org Archive"), 0) << out_;
    EXPECT_EQ(run("mailbox check --all"), 1);
    EXPECT_EQ(run("mailbox repair --all"), 0) << out_;
    EXPECT_NE(out_.find("moved to posthouse-aside/INBOX/from-cur/folder\n2 accounts: 1 found, 1 mended.\n"),
              std::string::npos)
        << out_;
    EXPECT_EQ(run("mailbox check --all"), 0) << out_;
}

TEST_F(MailboxCommandsTest, DamageOfOneMailboxHidesNoOther) {
    fs::remove(root() + "/.Archive/dovecot-uidlist");
    fs::create_directory(root() + "/.Archive/dovecot-uidlist");
    const auto rows = json("mailbox list joe@example.org", 1);
    ASSERT_EQ(rows.size(), 6u);
    EXPECT_EQ(rows[0]["messages"], 2);
    EXPECT_TRUE(rows[1].contains("error"));
    EXPECT_EQ(run("mailbox list joe@example.org"), 1);
    EXPECT_TRUE(err_.starts_with("posthouse: joe@example.org Archive: ")) << err_;
    EXPECT_EQ(json("mailbox stats joe@example.org", 1)["total"]["mailboxes"], 5);
    EXPECT_EQ(run("mailbox repair joe@example.org"), 0) << out_;
    EXPECT_EQ(json("mailbox list joe@example.org")[1]["messages"], 1);
}

TEST_F(MailboxCommandsTest, ReindexMakesTheIndexAnew) {
    const std::string mark = folder_ + "/index/example.org/joe/mark";
    std::ofstream(mark) << "x";
    const auto made = json("mailbox reindex joe@example.org --summaries");
    EXPECT_EQ(made[0]["messages"], 3);
    EXPECT_EQ(made[0]["mailboxes"], 6);
    EXPECT_TRUE(made[0]["failures"].empty());
    EXPECT_FALSE(fs::exists(mark));
    EXPECT_EQ(run("mailbox reindex --all"), 0);
    EXPECT_EQ(out_,
              "ann@example.org: 1 messages in 6 mailboxes indexed.\njoe@example.org: 3 messages in 6 mailboxes "
              "indexed.\n");
}

TEST_F(MailboxCommandsTest, WhoSharesWithWhomIsNotedAnew) {
    ASSERT_EQ(run("acl set joe@example.org INBOX ann@example.org lr"), 0) << err_;
    const std::string entry = folder_ + "/mail/SHARES/user/example.org/ann/example.org/joe";
    ASSERT_TRUE(fs::exists(entry));
    fs::remove_all(folder_ + "/mail/SHARES");
    EXPECT_EQ(json("acl reindex --all")["accounts"], 2);
    EXPECT_TRUE(fs::exists(entry));
    ASSERT_EQ(run("acl delete joe@example.org INBOX ann@example.org"), 0) << err_;
    EXPECT_FALSE(fs::exists(entry));
}

TEST_F(MailboxCommandsTest, StatsSumUp) {
    const auto stats = json("mailbox stats --all");
    EXPECT_EQ(stats["total"]["messages"], 4);
    EXPECT_EQ(stats["total"]["deleted"], 1);
    EXPECT_EQ(stats["accounts"].size(), 2u);
    EXPECT_GT(stats["accounts"][0]["index_bytes"], 0);
    EXPECT_EQ(stats["biggest"][0]["account"], "joe@example.org");
    EXPECT_EQ(stats["biggest"][0]["mailbox"], "INBOX");
    EXPECT_EQ(stats["biggest"].size(), 5u);
    EXPECT_EQ(run("mailbox stats --all"), 0);
    EXPECT_NE(out_.find("\ntotal "), std::string::npos) << out_;
}

TEST_F(MailboxCommandsTest, AccountsThatAreRemovedAreNotCounted) {
    fs::rename(root("ann"), root("\nann"));
    std::ofstream(folder_ + "/mail/a file") << "x";
    EXPECT_EQ(json("mailbox stats --all")["accounts"].size(), 1u);
}

TEST_F(MailboxCommandsTest, WhatRootMakesBelongsToTheOwnerOfTheMail) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can act for others";
    damage();
    constexpr uid_t owner = 12345;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
        ASSERT_EQ(::lchown(entry.path().c_str(), owner, owner), 0);
    ASSERT_EQ(::chown(folder_.c_str(), owner, owner), 0);
    ASSERT_EQ(run("mailbox repair joe@example.org"), 0) << out_ << err_;
    ASSERT_EQ(run("mailbox reindex joe@example.org"), 0) << out_ << err_;
    EXPECT_EQ(::geteuid(), 0u);
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
        struct stat st{};
        ASSERT_EQ(::lstat(entry.path().c_str(), &st), 0);
        EXPECT_EQ(st.st_uid, owner) << entry.path();
    }
}

TEST_F(MailboxCommandsTest, WhatKeepsTheServerOutIsFoundByRootToo) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can act for others";
    constexpr uid_t server = 12345;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
        ASSERT_EQ(::lchown(entry.path().c_str(), server, server), 0);
    ASSERT_EQ(::chown(folder_.c_str(), server, server), 0);
    ASSERT_EQ(run("mailbox check --all"), 0) << out_ << err_;
    ASSERT_EQ(::chown(root().c_str(), 0, 0), 0);
    EXPECT_EQ(run("mailbox check --all"), 1);
    EXPECT_EQ(out_,
              "joe@example.org (account): example.org/joe belongs to root, the server's mail to 12345: chown -R "
              "12345 " +
                  root() + "\n2 accounts: 1 found, which no repair can mend.\n");
    EXPECT_EQ(run("mailbox repair joe@example.org"), 1) << out_;
    EXPECT_NE(run("mailbox list joe@example.org"), 0);
    ASSERT_EQ(::chown(root().c_str(), server, server), 0);
    ASSERT_EQ(::chown((root() + "/.Archive/cur").c_str(), 0, 0), 0);
    const auto found = json("mailbox check joe@example.org", 1)["findings"];
    ASSERT_EQ(found.size(), 1u) << found.dump(1);
    EXPECT_EQ(found[0]["kind"], "no_access");
    EXPECT_EQ(found[0]["subject"], ".Archive/cur");
    EXPECT_EQ(found[0]["mendable"], false);
}

TEST_F(MailboxCommandsTest, ASubscribedMailboxOfOthersIsOne) {
    storage::Store store(settings());
    const auto joe = store.open(AccountName::make("joe", "example.org").value()).value();
    const auto ann = store.open(AccountName::make("ann", "example.org").value()).value();
    for (const char* name : {"Other Users/ann@example.org/INBOX", "Other Users/ann@example.org/None", "Shared/Archive"})
        ASSERT_TRUE(joe->subscribe(MailboxName::parse(name).value()));
    const auto noted = [&] {
        std::string names;
        const auto found = json("mailbox check joe@example.org");
        for (const auto& finding : found["findings"]) names += finding["mailbox"].get<std::string>() + " ";
        return names;
    };
    EXPECT_EQ(noted(), "Other Users/ann@example.org/INBOX Other Users/ann@example.org/None Shared/Archive ");
    const auto who = storage::Identifier::parse("user=joe@example.org").value();
    ASSERT_TRUE(ann->set_acl(MailboxName(), who, false,
                             {storage::AccessChange::Action::replace, storage::Rights{storage::Right::lookup}}));
    EXPECT_EQ(noted(), "Other Users/ann@example.org/None Shared/Archive ");
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "[imapd]\nshared_accounts = [\"team@example.org\"]\n";
    append("team", "Archive", {}, "ours\r\n");
    const auto team = store.open(AccountName::make("team", "example.org").value()).value();
    ASSERT_TRUE(team->set_acl(MailboxName::parse("Archive").value(), who, false,
                              {storage::AccessChange::Action::replace, storage::Rights{storage::Right::lookup}}));
    EXPECT_EQ(noted(), "Other Users/ann@example.org/None ");
}

TEST_F(MailboxCommandsTest, MailOfNobodyIsMarked) {
    ASSERT_EQ(run("db init"), 0) << err_;
    ASSERT_EQ(run("domain add example.org"), 0) << err_;
    ASSERT_EQ(run("user add joe@example.org --generate"), 0) << err_;
    const auto accounts = json("mailbox stats --all")["accounts"];
    EXPECT_EQ(accounts[0]["account"], "joe@example.org") << "who takes most comes first";
    EXPECT_EQ(accounts[0]["user"], true);
    EXPECT_EQ(accounts[1]["user"], false);
    EXPECT_EQ(run("mailbox list --all"), 0);
    EXPECT_NE(out_.find("ann@example.org (no user)  INBOX"), std::string::npos) << out_;
    EXPECT_EQ(run("mailbox check --all"), 0);
    EXPECT_EQ(out_,
              "ann@example.org (account): note: no user has this address; the mail was left behind\n"
              "2 accounts: nothing wrong was found, 1 note.\n");
    for (const char* command : {"mailbox list", "mailbox status", "mailbox check", "acl get"}) {
        const std::string rest = std::string_view(command) == "acl get" ? " INBOX" : "";
        EXPECT_EQ(run(std::string(command) + " bob@example.org" + rest), 3);
        EXPECT_EQ(err_, "posthouse: User bob@example.org does not exist\n") << command;
        EXPECT_EQ(run(std::string(command) + " bob@example.net" + rest), 3);
        EXPECT_EQ(err_, "posthouse: Domain example.net does not exist\n") << command;
    }
    fs::remove_all(root() + "/cur");
    EXPECT_EQ(run("mailbox list joe@example.org"), 3);
    EXPECT_EQ(err_, "posthouse: INBOX of joe@example.org has no cur/: posthouse mailbox repair joe@example.org\n");
    fs::remove_all(root());
    EXPECT_EQ(run("mailbox status joe@example.org"), 3);
    EXPECT_EQ(err_, "posthouse: joe@example.org has no mail yet\n");
}

TEST_F(MailboxCommandsTest, EveryCommandHasAnExample) {
    for (const char* command : {"list", "status", "check", "repair", "reindex", "stats"}) {
        EXPECT_EQ(run(std::string("mailbox ") + command + " --help"), 0);
        EXPECT_NE(out_.find("Example: posthouse mailbox "), std::string::npos) << command;
        EXPECT_EQ(run("__complete -- mailbox "), 0);
    }
    EXPECT_EQ(run("__complete -- mailbox re"), 0);
    EXPECT_NE(out_.find("reindex\n"), std::string::npos) << out_;
}

TEST(ProgressText, TellsHowFarHowFastAndHowLongStill) {
    using namespace std::chrono_literals;
    EXPECT_EQ(progress_text(0, 27'000, 1s), "0 % of 27,000 files");
    EXPECT_EQ(progress_text(12'000, 27'000, 10s), "44 % of 27,000 files, 1,200/s, 13 s left");
    EXPECT_EQ(progress_text(1, 1'000'000, 1s), "0 % of 1,000,000 files, 1/s, 277 h left");
    EXPECT_EQ(progress_text(30, 20, 1s), "100 % of 20 files, 30/s");
    EXPECT_EQ(progress_text(5, 0, 0s), "100 % of 0 files");
    EXPECT_EQ(progress_bar(10, 20), "[##########          ]");
    EXPECT_EQ(progress_bar(99, 20), "[####################]");
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(1234567), "1,234,567");
    EXPECT_EQ(format_size(999), "999 B");
    EXPECT_EQ(format_size(1'260'000), "1.3 MB");
    EXPECT_EQ(format_size(999'999), "1.0 MB");
    EXPECT_EQ(format_size(150'000'000'000), "150 GB");
}

}  // namespace
}  // namespace posthouse::cli
