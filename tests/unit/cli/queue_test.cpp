// Tests of `posthouse queue`, while queued is away.
#include <set>

#include "lib/base/random.h"
#include "queued/spool/spool.h"
#include "queued/spool/writer.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class QueueCommandTest : public CommandLineTest {
  protected:
    QueueCommandTest() {
        std::ofstream(folder_ + "/posthouse.toml")
            << "[general]\nmail_root = \"mail\"\nindex_root = \"index\"\nrun_folder = \"run\"\nstate_folder = "
               "\"state\"\nspool_folder = \"spool\"\n[directory]\nsqlite = \"directory.sqlite\"\n";
        EXPECT_TRUE(spool::Spool::open(folder_ + "/spool"));
    }
    /// Lies in incoming/ then; gives its id.
    std::string accept(const std::vector<std::string>& recipients = {"bob@example.net"}) {
        spool::Envelope envelope;
        envelope.id = make_id();
        envelope.arrived = 1'700'000'000;
        envelope.sender = smtp::parse_mailbox("ann@example.org").value();
        for (const std::string& address : recipients)
            envelope.recipients.push_back({.address = smtp::parse_mailbox(address).value()});
        const auto incoming = spool::Incoming::open(folder_ + "/spool");
        Result<spool::Writer> writer = spool::Writer::begin(*incoming);
        EXPECT_TRUE(writer && writer->write("Subject: a\r\n\r\nb\r\n") && writer->finish(envelope));
        return envelope.id;
    }
    using Words = std::vector<std::string>;
    Words words_of(const std::string& id) {
        Words words;
        const nlohmann::json stories = json("trace " + id);
        for (const auto& event : stories.at(0)["events"]) words.push_back(event["words"]);
        return words;
    }
    void record(const std::string& id, const spool::Event& event) {
        const auto queue = spool::Spool::open(folder_ + "/spool");
        Result<spool::Entry> entry = queue->open(*queue->find(id));
        ASSERT_TRUE(entry && entry->record(std::span(&event, 1)));
    }
};

TEST_F(QueueCommandTest, ListAndShowGiveTheSameDocument) {
    const std::string id = accept({"bob@example.net", "carl@example.com"});
    record(id, {.kind = spool::EventKind::deferred,
                .at = 1'700'000'100,
                .recipients = {0},
                .remote = "mx.example.net[192.0.2.1]",
                .status = "4.2.0",
                .reply = "450 4.2.0 later"});
    record(id, {.kind = spool::EventKind::delivered, .at = 1'700'000'200, .recipients = {0}});
    const nlohmann::json listed = json("queue list");
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0], json("queue show " + id));
    EXPECT_EQ(listed[0]["recipients"][0]["attempts"], 2);
    EXPECT_EQ(listed[0]["recipients"][0]["state"], "delivered");
    EXPECT_EQ(listed[0]["recipients"][1]["state"], "not tried yet");
}

TEST_F(QueueCommandTest, EveryKeyIsInTheManual) {
    const std::string id = accept();
    std::ifstream page(POSTHOUSE_SOURCE "/docs/man/posthouse-queue.md");
    std::set<std::string> terms;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("- `")) continue;
        std::istringstream words(line.substr(3, line.find("`:") - 3));
        for (std::string word; words >> word;) terms.insert(word.substr(0, word.find(',')));
    }
    nlohmann::json document = json("queue show " + id);
    for (const auto& [key, value] : document.items()) EXPECT_TRUE(terms.contains(key)) << key;
    for (const auto& [key, value] : document["recipients"][0].items()) EXPECT_TRUE(terms.contains(key)) << key;
}

TEST_F(QueueCommandTest, ProgramsGetAllMessagesAndPeopleAreToldOfThoseThatAreLeftOut) {
    for (int i = 0; i < 3; ++i) accept();
    ASSERT_EQ(run("queue list --limit 2"), 0) << err_;
    EXPECT_EQ(std::ranges::count(out_, '\n'), 3);  // with the heading
    EXPECT_NE(err_.find("1 more"), std::string::npos) << err_;
    EXPECT_EQ(json("queue list --limit 2").size(), 2u);
    EXPECT_NE(err_.find("1 more"), std::string::npos) << err_;
    for (int i = 0; i < 1000; ++i) accept();
    EXPECT_EQ(json("queue list").size(), 1003u);
    EXPECT_EQ(err_, "");
    ASSERT_EQ(run("queue list"), 0);
    EXPECT_NE(err_.find("3 more"), std::string::npos) << err_;
}

TEST_F(QueueCommandTest, WhyAMessageIsHeldIsShown) {
    const std::string id = accept();
    ASSERT_EQ(run_words({"queue", "hold", id, "--because", "looks like spam"}), 0) << err_;
    ASSERT_EQ(run("queue list"), 0);
    EXPECT_NE(out_.find("held: looks like spam"), std::string::npos) << out_;
    ASSERT_EQ(run("queue show " + id), 0);
    EXPECT_NE(out_.find("looks like spam"), std::string::npos) << out_;
    EXPECT_EQ(json("queue list")[0]["held"], "looks like spam");
    run("queue release " + id);
    EXPECT_EQ(json("queue list")[0]["held"], "");
    ASSERT_EQ(run("queue list"), 0);
    EXPECT_EQ(out_.find("spam"), std::string::npos) << out_;
}

TEST_F(QueueCommandTest, WhatIsDoneToAMessageIsInItsStory) {
    const std::string id = accept();
    ASSERT_EQ(run_words({"queue", "hold", id, "--because", "looks like spam"}), 0) << err_;
    ASSERT_EQ(run("queue hold " + id), 0) << "nothing happens to it";
    run("queue release " + id);  // says that queued doesn't listen
    ASSERT_EQ(run("queue delete " + id), 0) << err_;
    EXPECT_EQ(words_of(id),
              (Words{"held: looks like spam", "released: by the administrator", "deleted: by the administrator"}));
}

TEST_F(QueueCommandTest, OnlyWhatWasChangedIsCounted) {
    const std::string id = accept();
    accept();
    accept();
    ASSERT_EQ(run("queue hold " + id), 0) << err_;
    EXPECT_EQ(json("queue hold " + id), (nlohmann::json{{"messages", 0}, {"ids", nlohmann::json::array()}}));
    EXPECT_EQ(json("queue release --all"), (nlohmann::json{{"messages", 1}, {"ids", {id}}}));
    EXPECT_NE(err_.find("queued does not listen"), std::string::npos) << err_;
    ASSERT_EQ(run("queue release --all"), 0);
    EXPECT_EQ(out_, "Released 0 messages.\n");
    EXPECT_EQ(err_, "");
}

TEST_F(QueueCommandTest, WhomAnAdministratorGivesUpIsInTheStoryToo) {
    const std::string id = accept();
    ASSERT_EQ(run("queue hold " + id), 0) << err_;
    run_words({"queue", "bounce", id, "--because", "No such company"});
    EXPECT_EQ(words_of(id), (Words{"held: by the administrator",
                                   "could not be delivered to <bob@example.net>: Given up by the administrator of "
                                   "this server: No such company",
                                   "released: by the administrator"}));
}

TEST_F(QueueCommandTest, NoServerIsSaidToHaveRefusedWhatAnAdministratorGivesUp) {
    const std::string id = accept({"bob@example.net", "carl@example.com"});
    record(id, {.kind = spool::EventKind::deferred,
                .at = 1'700'000'100,
                .recipients = {0},
                .remote = "mx.example.net[192.0.2.1]",
                .status = "4.2.0",
                .reply = "450 4.2.0 later"});
    run_words({"queue", "bounce", id, "--because", "No such company"});
    const nlohmann::json recipients = json("queue show " + id)["recipients"];
    for (const auto& one : recipients) {
        EXPECT_EQ(one["state"], "bounced");
        EXPECT_EQ(one["status"], "5.0.0");
        EXPECT_EQ(one["remote"], "");
    }
    EXPECT_EQ(recipients[0]["reply"],
              "Given up by the administrator of this server: No such company. "
              "The last answer of mx.example.net[192.0.2.1]: 450 4.2.0 later");
    EXPECT_EQ(recipients[1]["reply"], "Given up by the administrator of this server: No such company");
}

TEST_F(QueueCommandTest, AStoryThatCannotBeWrittenKeepsNobodyFromDeleting) {
    std::ofstream(folder_ + "/state") << "no folder";
    const std::string id = accept();
    EXPECT_EQ(run("queue delete " + id), 0) << err_;
    EXPECT_NE(err_.find("story"), std::string::npos) << err_;
    EXPECT_EQ(run("queue show " + id), 3);
}

}  // namespace
}  // namespace posthouse::cli
