// Tests of the commands that work on a user's mail: acl, metadata.
#include "storage/account.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

using Words = std::vector<std::string>;

class MailCommandsTest : public CommandLineTest {
  protected:
    MailCommandsTest() {
        storage::Settings settings;
        settings.mail_root = folder_ + "/mail";
        settings.index_root = folder_ + "/index";
        storage::Store store(settings);
        store.open(storage::AccountName::parse("joe@example.org").value()).value();
    }
    int run(Words words, const std::string& input = {}) { return run_words(std::move(words), input); }
    nlohmann::json json(Words words) {
        words.emplace_back("--json");
        EXPECT_EQ(run(words), 0) << out_ << err_;
        return nlohmann::json::parse(out_);
    }
    int acl(Words words) {
        words.insert(words.begin(), {"acl", words.at(0), "joe@example.org", "Sent"});
        words.erase(words.begin() + 4);
        return run(words);
    }
    std::string file(const std::string& name) const {
        std::ifstream stream(folder_ + "/mail/example.org/joe/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
};

TEST_F(MailCommandsTest, RightsAreGivenTakenAndShown) {
    EXPECT_EQ(acl({"set", "ann@example.org", "lrs"}), 0) << err_;
    EXPECT_EQ(out_, "Rights of user=ann@example.org on Sent changed.\n");
    EXPECT_EQ(acl({"set", "ann@example.org", "+w"}), 0);
    EXPECT_EQ(acl({"set", "--", "ann@example.org", "-s"}), 0) << err_;
    EXPECT_EQ(acl({"set", "--", "-group=staff", "t"}), 0) << err_;
    EXPECT_EQ(acl({"set", "anyone", "l"}), 0);
    EXPECT_EQ(file(".Sent/dovecot-acl"), "user=ann@example.org lrw\n-group=staff t\nanyone l\n");
    EXPECT_EQ(acl({"get"}), 0);
    EXPECT_EQ(
        out_,
        "IDENTIFIER            RIGHTS\nanyone                l\n-group=staff          t\nuser=ann@example.org  lrw\n");
    EXPECT_EQ(acl({"delete", "anyone"}), 0);
    EXPECT_EQ(acl({"delete", "anyone"}), 3);
    EXPECT_EQ(err_, "posthouse: anyone has no entry on Sent\n");
    const nlohmann::json shown = json({"acl", "get", "joe@example.org", "Sent"});
    EXPECT_EQ(shown["entries"].size(), 2u);
    EXPECT_EQ(shown["entries"][0]["negative"], true);
    EXPECT_EQ(shown["entries"][1]["rights"], "lrw");
}

TEST_F(MailCommandsTest, TheNameOfAFolderLeadsToTheMailbox) {
    EXPECT_EQ(run({"acl", "get", "joe@example.org", ".Work.Entw&APw-rfe"}), 2);
    EXPECT_EQ(err_, "posthouse: .Work.Entw&APw-rfe is the name of a folder; its mailbox is Work/Entwürfe\n");
    EXPECT_EQ(run({"mailbox", "check", "joe@example.org", ".Sent"}), 2);
    EXPECT_EQ(err_, "posthouse: .Sent is the name of a folder; its mailbox is Sent\n");
}

TEST_F(MailCommandsTest, ASpecialUseThatIsTakenNamesWhoHasIt) {
    EXPECT_EQ(run({"metadata", "set", "joe@example.org", "INBOX", "/private/specialuse", "\\Junk"}), 0) << err_;
    EXPECT_EQ(run({"metadata", "set", "joe@example.org", "Archive", "/private/specialuse", "\\Junk"}), 4);
    EXPECT_EQ(err_, "posthouse: INBOX has this special use already\n");
}

TEST_F(MailCommandsTest, WhatAUserMayDoAllInAll) {
    ASSERT_EQ(acl({"set", "anyone", "lr"}), 0);
    ASSERT_EQ(acl({"set", "group=staff", "lrx"}), 0);
    EXPECT_EQ(acl({"get", "--for", "ann@example.org"}), 0) << err_;
    EXPECT_EQ(out_, "lr\n");
    EXPECT_EQ(acl({"get", "--for", "ann@example.org", "--group", "staff"}), 0);
    EXPECT_EQ(out_, "lrxc\n");
    EXPECT_EQ(json({"acl", "get", "joe@example.org", "Sent", "--for", "joe@example.org"})["rights"], "lrwstipekxan");
    EXPECT_EQ(run({"acl", "get", "joe@example.org", "INBOX", "--for", "ann@example.org"}), 0);
    EXPECT_EQ(out_, "(none)\n");
}

TEST_F(MailCommandsTest, WrongRightsAndPlacesAreRefused) {
    EXPECT_EQ(acl({"set", "ann", "l"}), 2);
    EXPECT_EQ(acl({"set", "ann@example.org", "lQ"}), 2);
    EXPECT_EQ(run({"acl", "get", "joe@example.org", "Nowhere"}), 3);
    EXPECT_EQ(run({"acl", "get", "ann@example.org", "INBOX"}), 3);
    EXPECT_EQ(run({"acl", "get", "joe@example.org", "a//b"}), 2);
    EXPECT_EQ(run({"acl", "get", "joe", "INBOX"}), 2);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org/ann"));
}

TEST_F(MailCommandsTest, ASenselessLineIsTold) {
    std::ofstream(folder_ + "/mail/example.org/joe/.Sent/dovecot-acl") << "anyone l\nbogus\x1b\n";
    EXPECT_EQ(acl({"get"}), 0);
    EXPECT_NE(err_.find("bogus\\x1b"), std::string::npos) << err_;
    EXPECT_EQ(acl({"set", "ann@example.org", "lr"}), 0);
    EXPECT_NE(err_.find("so that nobody but the owner has rights"), std::string::npos) << err_;
}

TEST_F(MailCommandsTest, AnnotationsAreSetShownAndRemoved) {
    const auto metadata = [this](const std::string& verb, const std::string& mailbox, Words more,
                                 const std::string& input = {}) {
        more.insert(more.begin(), {"metadata", verb, "joe@example.org", mailbox});
        return run(more, input);
    };
    EXPECT_EQ(metadata("set", "Sent", {"/shared/Comment", "Bids \"and\" more"}), 0) << err_;
    EXPECT_EQ(metadata("set", "Sent", {"/private/comment", "hers", "--user", "ann@example.org"}), 0) << err_;
    EXPECT_EQ(metadata("set", "", {"/shared/comment", "of all"}), 0) << err_;
    EXPECT_EQ(metadata("set", "Sent", {"/private/octets", "--stdin"}, std::string("\0\xff\n", 3)), 0) << err_;
    EXPECT_EQ(metadata("get", "Sent", {"/shared/comment"}), 0);
    EXPECT_EQ(out_, "Bids \"and\" more\n");
    EXPECT_EQ(metadata("get", "", {"/shared/comment"}), 0);
    EXPECT_EQ(out_, "of all\n");
    EXPECT_EQ(metadata("get", "Sent", {"/private/comment"}), 3);
    EXPECT_EQ(metadata("get", "Sent", {"/private/comment", "--user", "ann@example.org"}), 0);
    const nlohmann::json rows = json({"metadata", "get", "joe@example.org", "Sent"});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0]["user"], "ann@example.org");
    EXPECT_EQ(rows[1]["value_base64"], "AP8K");
    EXPECT_EQ(metadata("set", "Sent", {"/shared/comment", "--remove"}), 0);
    EXPECT_EQ(metadata("set", "Sent", {"/shared/comment", "--remove"}), 3);
    EXPECT_EQ(metadata("get", "Sent", {"/shared/comment"}), 3);
    EXPECT_EQ(metadata("set", "Sent", {"/shared/comment"}), 2);
    EXPECT_EQ(metadata("set", "Sent", {"/shared/comment", "x", "--remove"}), 2);
    EXPECT_EQ(metadata("set", "Sent", {"comment", "x"}), 2);
    EXPECT_EQ(metadata("set", "Sent", {"/shared/comment", "--stdin"}, std::string(70'000, 'x')), 2);
    EXPECT_EQ(metadata("set", "Nowhere", {"/shared/comment", "x"}), 3);
}

TEST_F(MailCommandsTest, TheServerHasAnnotationsOfItsOwn) {
    EXPECT_EQ(run({"metadata", "get-server", "/shared/admin"}), 3);
    EXPECT_EQ(run({"metadata", "set-server", "/shared/admin", "mailto:postmaster@example.org"}), 0) << err_;
    EXPECT_EQ(run({"metadata", "get-server", "/shared/admin"}), 0) << err_;
    EXPECT_EQ(out_, "mailto:postmaster@example.org\n");
    EXPECT_EQ(json({"metadata", "get-server"})[0]["entry"], "/shared/admin");
    EXPECT_EQ(run({"metadata", "set-server", "/private/comment", "x"}), 2);
    EXPECT_EQ(run({"metadata", "set-server", "/shared/admin"}), 2);
    EXPECT_EQ(run({"metadata", "set-server", "/shared/admin", "--remove"}), 0) << err_;
    EXPECT_EQ(run({"metadata", "get-server", "/shared/admin"}), 3);
}

TEST_F(MailCommandsTest, ASpecialUseIsSetAsAnAnnotation) {
    EXPECT_EQ(run({"metadata", "set", "joe@example.org", "Drafts", "/private/specialuse", "\\Junk"}), 0) << err_;
    EXPECT_EQ(run({"metadata", "set", "joe@example.org", "Junk", "/private/specialuse", "\\Junk"}), 4);
    EXPECT_EQ(run({"metadata", "set", "joe@example.org", "Junk", "/private/specialuse", "Junk"}), 2);
}

}  // namespace
}  // namespace posthouse::cli
