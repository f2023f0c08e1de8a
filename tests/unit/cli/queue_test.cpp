// Tests of `posthouse queue`, while queued is away, or only listens.
#include <sys/socket.h>

#include <optional>
#include <set>

#include "cli/queue_change.h"
#include "lib/base/fd.h"
#include "lib/base/random.h"
#include "lib/net/unix_path.h"
#include "queued/spool/record.h"
#include "queued/spool/spool.h"
#include "queued/spool/writer.h"
#include "queued/wake/sender.h"
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
        envelope.client.user = "eve@example.org";
        for (const std::string& address : recipients)
            envelope.recipients.push_back({.address = smtp::parse_mailbox(address).value()});
        const auto incoming = spool::Incoming::open(folder_ + "/spool");
        Result<spool::Writer> writer = spool::Writer::begin(*incoming);
        EXPECT_TRUE(writer && writer->write("Subject: a\r\n\r\nb\r\n") && writer->finish(envelope));
        return envelope.id;
    }
    std::string file_of(const std::string& id) const { return folder_ + "/spool/incoming/" + id; }
    /// Writes other words into the envelope; its checksum is right all the same.
    void replace(const std::string& id, const std::string& words, const std::string& others) {
        ASSERT_EQ(words.size(), others.size());
        std::ifstream in(file_of(id), std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), {});
        const auto at = bytes.find(words);
        ASSERT_NE(at, std::string::npos);
        const auto text = bytes.rfind("id=", at);
        const std::size_t length = spool::record_bytes(std::string_view(bytes).substr(text - 8)) - 8;
        std::string body = bytes.substr(text, length);
        body.replace(body.find(words), words.size(), others);
        std::string record;
        spool::append_record(record, spool::RecordKind::envelope, body);
        bytes.replace(text - 8, record.size(), record);
        std::ofstream(file_of(id), std::ios::binary) << bytes;
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

/// By the server of the first recipient.
const spool::Event put_off{.kind = spool::EventKind::deferred,
                           .at = 1'700'000'100,
                           .recipients = {0},
                           .remote = "mx.example.net[192.0.2.1]",
                           .status = "4.2.0",
                           .reply = "450 4.2.0 later"};

/// Listens in queued's place.
class QueuedsEars {
  public:
    explicit QueuedsEars(const std::string& folder) {
        std::filesystem::create_directories(folder + "/run");
        const auto target = net::make_unix_path(wake::socket_path(folder + "/run"));
        EXPECT_TRUE(target && ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&target->address),
                                     sizeof target->address) == 0);
    }
    /// What it was told since the last time.
    std::vector<std::string> heard() const {
        std::vector<std::string> told;
        std::array<char, wake::max_signal> bytes{};
        for (ssize_t got; (got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT)) >= 0;)
            told.emplace_back(bytes.data(), static_cast<std::size_t>(got));
        return told;
    }

  private:
    UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(QueueCommandTest, ListAndShowGiveTheSameDocument) {
    const std::string id = accept({"bob@example.net", "carl@example.com"});
    record(id, put_off);
    record(id, {.kind = spool::EventKind::delivered, .at = 1'700'000'200, .recipients = {0}});
    const nlohmann::json listed = json("queue list");
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0], json("queue show " + id));
    EXPECT_EQ(listed[0]["recipients"][0]["attempts"], 2);
    EXPECT_EQ(listed[0]["recipients"][0]["state"], "delivered");
    EXPECT_EQ(listed[0]["recipients"][1]["state"], "not tried yet");
}

TEST_F(QueueCommandTest, MessagesAreFoundByWhoHandedThemIn) {
    const std::string id = accept();
    const std::string user = json("queue show " + id)["user"];
    ASSERT_EQ(user, "eve@example.org");
    EXPECT_EQ(json("queue list --user " + user).size(), 1u);
    EXPECT_EQ(json("queue list --user " + user.substr(user.find('@'))).size(), 1u);
    EXPECT_EQ(json("queue list --user somebody@else.example").size(), 0u);
    ASSERT_EQ(run("queue summary --by user"), 0);
    EXPECT_NE(out_.find(user), std::string::npos) << out_;
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

TEST_F(QueueCommandTest, AMalformedFileIsListedWithItsReasonAndTheOthersAreToo) {
    const std::string good = accept();
    const std::string cut = accept();
    std::filesystem::resize_file(file_of(cut), 60);
    const std::string nobody = accept();
    replace(nobody, "sender=ann@example.org", "sender=ann%40 example.");
    ASSERT_EQ(run("queue list"), 0) << err_;
    EXPECT_NE(out_.find(good), std::string::npos) << out_;
    EXPECT_EQ(err_, "");
    for (const std::string& id : {cut, nobody}) EXPECT_NE(out_.find(id + "  incoming  -"), std::string::npos) << out_;
    EXPECT_NE(out_.find("Malformed queue file (the file is too short)"), std::string::npos) << out_;
    const nlohmann::json listed = json("queue list");
    ASSERT_EQ(listed.size(), 3u);
    for (const auto& document : listed) {
        std::vector<std::string> keys;
        for (const auto& [key, value] : document.items()) keys.push_back(key);
        for (const auto& [key, value] : listed[0].items()) EXPECT_TRUE(document.contains(key)) << key;
        EXPECT_EQ(keys.size(), listed[0].size());
        EXPECT_EQ(document["error"] == "", document["id"] == good);
    }
    EXPECT_EQ(json("queue list --sender example.org").size(), 1u) << "whose it is can't be known";
    EXPECT_EQ(json("queue list --reason malformed").size(), 2u);
    const nlohmann::json summary = json("queue summary");
    EXPECT_EQ(summary["messages"], 3);
    EXPECT_EQ(summary["groups"].size(), 2u);
}

TEST_F(QueueCommandTest, AMalformedFileCannotBeShownAndSaysWhy) {
    const std::string good = accept();
    const std::string cut = accept();
    std::filesystem::resize_file(file_of(cut), 60);
    EXPECT_EQ(run("queue show " + cut), 1);
    EXPECT_EQ(out_, "");
    EXPECT_EQ(err_, "posthouse: " + cut + ": incoming/" + cut + ": Malformed queue file (the file is too short)\n");
    EXPECT_EQ(run("--json queue show " + cut), 1);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["message"],
              cut + ": incoming/" + cut + ": Malformed queue file (the file is too short)");
    EXPECT_EQ(run("--json queue show " + cut + " " + good), 1);
    EXPECT_EQ(nlohmann::json::parse(out_).size(), 2u);
    EXPECT_NE(err_.find("too short"), std::string::npos) << err_;
}

TEST_F(QueueCommandTest, WhatCannotBeChangedIsInTheDocumentAndTheOthersAreChanged) {
    const std::string good = accept();
    const std::string cut = accept();
    std::filesystem::resize_file(file_of(cut), 60);
    for (const std::string command : {"hold", "release", "bounce", "delete"}) {
        EXPECT_EQ(run("--json queue " + command + " " + cut + " " + good), 1) << command;
        const nlohmann::json document = nlohmann::json::parse(out_);
        EXPECT_EQ(document["ids"], nlohmann::json({good})) << command;
        ASSERT_EQ(document["errors"].size(), 1u) << command;
        EXPECT_EQ(document["errors"][0]["id"], cut);
        EXPECT_EQ(document["errors"][0]["code"], "io");
    }
    EXPECT_EQ(run("--json queue hold wrong"), 2);
    EXPECT_TRUE(nlohmann::json::parse(out_).contains("error")) << out_;
}

TEST_F(QueueCommandTest, WhatWasPutAsideIsFoundByItsIdAndCanBeDeleted) {
    const std::string id = accept();
    std::filesystem::resize_file(file_of(id), 60);
    std::filesystem::rename(file_of(id), folder_ + "/spool/corrupt/" + id);
    EXPECT_EQ(json("queue list")[0]["state"], "corrupt");
    EXPECT_EQ(run("queue show " + id), 1);
    EXPECT_EQ(json("--yes queue delete --all")["messages"], 0) << "what was put aside has to be named";
    EXPECT_EQ(json("queue delete " + id)["messages"], 1);
    EXPECT_EQ(json("queue list").size(), 0u);
}

TEST_F(QueueCommandTest, AMalformedMessageIsPrintedAsFarAsItIsThere) {
    const std::string id = accept();
    const auto size = std::filesystem::file_size(file_of(id));
    std::filesystem::resize_file(file_of(id), size - 10);
    EXPECT_EQ(run("queue cat " + id), 1);
    EXPECT_EQ(out_, "Subject: a\r\n\r\nb\r\n");
    EXPECT_NE(err_.find("too short"), std::string::npos) << err_;
    std::filesystem::resize_file(file_of(id), 48);
    EXPECT_EQ(run("queue cat " + id), 1);
    EXPECT_EQ(out_, "Subject:");
    const std::string other = accept();
    std::ofstream(file_of(other)) << "no queue file";
    EXPECT_EQ(run("--json queue cat " + other), 1);
    EXPECT_EQ(out_, "no queue file");
    EXPECT_NE(err_.find("Malformed"), std::string::npos) << err_;
}

TEST_F(QueueCommandTest, ADamagedPieceOfContentIsPrintedToo) {
    const std::string id = accept();
    std::fstream file(file_of(id), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40 + 9);
    file << "X";
    file.close();
    EXPECT_EQ(run("queue cat " + id), 1);
    EXPECT_EQ(out_, "Subject: X\r\n\r\nb\r\n");
    EXPECT_NE(err_.find("content at"), std::string::npos) << err_;
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
    const nlohmann::json none = nlohmann::json::array();
    EXPECT_EQ(json("queue hold " + id),
              (nlohmann::json{{"messages", 0}, {"ids", none}, {"later", none}, {"left", none}, {"errors", none}}));
    EXPECT_EQ(json("queue release --all"),
              (nlohmann::json{{"messages", 1}, {"ids", {id}}, {"later", none}, {"left", none}, {"errors", none}}));
    EXPECT_NE(err_.find("queued does not listen"), std::string::npos) << err_;
    ASSERT_EQ(run("queue release --all"), 0);
    EXPECT_EQ(out_, "Released 0 messages.\n");
    EXPECT_EQ(err_, "");
}

TEST_F(QueueCommandTest, AFlushLeavesWhatIsHeldAndSaysHowMany) {
    const QueuedsEars queued(folder_);
    const std::string waits = accept();
    const std::string held = accept();
    ASSERT_EQ(run("queue hold " + held), 0) << err_;
    const nlohmann::json none = nlohmann::json::array();
    EXPECT_EQ(json("queue flush --all"),
              (nlohmann::json{{"messages", 1}, {"ids", {waits}}, {"later", none}, {"left", {held}}, {"errors", none}}));
    EXPECT_EQ(queued.heard(), (Words{"flush " + waits}));
    ASSERT_EQ(run("queue flush --sender example.org"), 0);
    EXPECT_EQ(out_, "Asked for 1 message; 1 is held and was left.\n");
    EXPECT_EQ(err_, "");
    const std::string cut = accept();
    std::filesystem::resize_file(file_of(cut), 60);
    std::filesystem::rename(file_of(cut), folder_ + "/spool/hold/" + cut);
    ASSERT_EQ(run("queue flush --all"), 0) << err_;
    EXPECT_EQ(out_, "Asked for 1 message; 2 are held and were left.\n");
    EXPECT_EQ(run("queue flush " + cut), 1) << "named, it is told why it can't be read";
    EXPECT_EQ(json("queue list " + held)[0]["state"], "hold");
}

TEST_F(QueueCommandTest, WhoFlushesAHeldMessageByItsIdIsToldOfRelease) {
    const QueuedsEars queued(folder_);
    const std::string waits = accept();
    const std::string held = accept();
    ASSERT_EQ(run("queue hold " + held), 0) << err_;
    EXPECT_EQ(run("queue flush " + held + " " + waits), 2);
    EXPECT_EQ(err_, "posthouse: " + held + ": it is held: see `posthouse queue release`\n");
    EXPECT_EQ(out_, "Asked for 1 message.\n");
    EXPECT_EQ(queued.heard(), (Words{"flush " + waits}));
    EXPECT_EQ(run("--json queue flush " + held), 2);
    const nlohmann::json document = nlohmann::json::parse(out_);
    EXPECT_EQ(document["errors"][0]["id"], held);
    EXPECT_EQ(document["left"], nlohmann::json::array());
    EXPECT_EQ(queued.heard(), Words{});
}

TEST_F(QueueCommandTest, AQueuedThatDidNotHearIsNotAskedForEachMessage) {
    accept();
    accept();
    std::istringstream in;
    std::ostringstream out;
    Context context{.config_path = folder_ + "/posthouse.toml", .version = "0", .in = in, .out = out, .err = out};
    std::optional<QueuedsEars> queued;
    const auto ask = [&](QueueTools& tools, const spool::Listed& listed) -> Result<Made> {
        EXPECT_FALSE(ask_for(tools, listed));
        if (!queued) queued.emplace(folder_);
        return Made::done;
    };
    QueueFilter everything;
    everything.all = true;
    EXPECT_EQ(change_queue(context, everything, {"Asked for", nullptr, ask}), Exit::ok);
    EXPECT_EQ(out.str(), "Asked for 2 messages.\nNote: queued does not listen: what is due is tried when it runs\n");
    ASSERT_TRUE(queued);
    EXPECT_EQ(queued->heard(), Words{});
}

TEST_F(QueueCommandTest, AFlushWithoutQueuedSaysWhenTheMessageIsTried) {
    const std::string id = accept();
    EXPECT_EQ(run("queue flush --all"), 5);
    EXPECT_EQ(err_, "posthouse: " + id + ": queued does not listen: the message is tried when it is due\n");
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
    record(id, put_off);
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
