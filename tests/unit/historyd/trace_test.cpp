// Stories, put together from what several daemons told.
#include "historyd/trace.h"

#include "historyd/follower.h"
#include "lib/story/words.h"
#include "tests/unit/historyd/history_folder.h"

namespace posthouse::history {
namespace {

using story::Event;

constexpr std::int64_t begin = 1'700'000'000'000;
// A connection, two messages that came by it, and the report on the second.
const std::string connection = "1M0000000000000C";
const std::string first = "1M0000000000000A";
const std::string second = "1M0000000000000B";
const std::string report = "1M0000000000000R";

class TraceTest : public HistoryTest {
  protected:
    void tell(std::string daemon, std::int64_t time, Event event) {
        event.time = begin + time;
        event.daemon = daemon;
        append(daemon + "-X.jsonl", story::to_line(event));
    }
    void tell_all() {
        tell("smtpd", 0, story::connect({connection}, {.remote = "192.0.2.1", .listener = "smtp"}));
        tell("smtpd", 10,
             story::refuse({first, connection}, {.command = "RCPT",
                                                 .sender = "alice@example.com",
                                                 .recipients = {"nobody@example.org"},
                                                 .remote = "192.0.2.1",
                                                 .reply = "550 5.1.1 no such user"}));
        tell("smtpd", 30,
             story::accept({first, connection}, {.sender = "alice@example.com",
                                                 .recipients = {"joe@example.org"},
                                                 .message_id = "<1@example.com>",
                                                 .remote = "192.0.2.1",
                                                 .reply = "250 2.0.0 Ok"}));
        tell("lmtpd", 20,
             story::delivery({first}, {.recipient = "joe@example.org",
                                       .account = "joe@example.org",
                                       .mailbox = "INBOX",
                                       .file = "1.A.host"}));
        tell("smtpd", 40,
             story::accept({second, connection}, {.sender = "alice@example.com",
                                                  .recipients = {"ann@example.net"},
                                                  .message_id = "<2@example.com>",
                                                  .remote = "192.0.2.1",
                                                  .reply = "250 2.0.0 Ok"}));
        tell("queued", 50, story::attempt({second}, {.recipients = {"ann@example.net"}, .route = "smtp:example.net"}));
        tell("queued", 60,
             story::answer({second}, {.result = story::Answer::Result::bounced,
                                      .recipients = {"ann@example.net"},
                                      .host = "mx.example.net",
                                      .remote = "198.51.100.1",
                                      .reply = "550 5.7.1 no"}));
        tell(
            "queued", 70,
            story::bounce(
                {second},
                {.report = "failure", .notice = report, .to = "alice@example.com", .recipients = {"ann@example.net"}}));
        tell("queued", 70, story::accept({report, second}, {.sender = "", .recipients = {"alice@example.com"}}));
        tell("queued", 90,
             story::answer({report}, {.result = story::Answer::Result::delivered,
                                      .recipients = {"alice@example.com"},
                                      .host = "mx.example.com",
                                      .reply = "250 ok"}));
        for (const std::string& id : {second, report})
            tell("queued", 95, story::queue({id}, {.action = story::Queue::Action::removed, .sender = "alice@example.com"}));
    }
    /// The stories, each as its id and the kinds of its events.
    std::vector<std::string> stories(const std::string& term, Question question = {}) {
        if (!term.empty()) question.keys = story::parse_term(term).value();
        Result<Archive> archive = Archive::open(root());
        EXPECT_TRUE(archive);
        const Result<std::vector<Story>> found = trace(*archive, question);
        EXPECT_TRUE(found);
        std::vector<std::string> all;
        for (const Story& story : *found) {
            std::string text = story.id + ":";
            for (const Event& event : story.events) text.append(" ").append(story::to_string(event.kind));
            all.push_back(text);
        }
        return all;
    }

    const std::string first_story = first + ": connect refuse delivery accept";
    const std::string second_story = second + ": connect accept attempt answer bounce accept answer queue queue";
};

TEST_F(TraceTest, AMessageIsFoundByWhateverItHasAndToldWithAllThatBelongsToIt) {
    tell_all();
    for (const bool indexed : {false, true}) {
        if (indexed) {
            Indexer indexer(root(), std::chrono::seconds(0));
            ASSERT_TRUE(work(indexer));
        }
        for (const std::string& term : {first, std::string("joe@example.org"), std::string("nobody@example.org"),
                                        std::string("<1@example.com>"), std::string("@example.org")})
            EXPECT_EQ(stories(term), std::vector{first_story}) << term << indexed;
        for (const std::string& term : {second, report, std::string("ann@example.net"), std::string("<2@example.com>"),
                                        std::string("198.51.100.1")})
            EXPECT_EQ(stories(term), std::vector{second_story}) << term << indexed;
        // The connection's messages have a story each.
        for (const std::string& term : {connection, std::string("192.0.2.1"), std::string("alice@example.com")})
            EXPECT_EQ(stories(term), (std::vector{first_story, second_story})) << term << indexed;
        EXPECT_TRUE(stories("nobody@example.com").empty());
    }
}

TEST_F(TraceTest, AConnectionWithoutAMessageIsAStory) {
    tell("smtpd", 0, story::connect({connection}, {.remote = "192.0.2.1", .listener = "smtp"}));
    tell("smtpd", 5, story::refuse({connection}, {.remote = "192.0.2.1", .reply = "421 4.7.0 Too many connections"}));
    EXPECT_EQ(stories("192.0.2.1"), std::vector{connection + ": connect refuse"});
}

TEST_F(TraceTest, ResultTimeAndLimitChoose) {
    tell_all();
    EXPECT_EQ(stories("", {.outcome = story::Outcome::refused}), std::vector{first_story});
    EXPECT_EQ(stories("", {.outcome = story::Outcome::bounced}), std::vector{second_story});
    EXPECT_EQ(stories("alice@example.com", {.outcome = story::Outcome::bounced}), std::vector{second_story});
    EXPECT_TRUE(stories("", {.outcome = story::Outcome::queued}).empty());
    EXPECT_EQ(stories("alice@example.com", {.span = {.since = begin + 40}}), std::vector{second_story});
    EXPECT_EQ(stories("alice@example.com", {.span = {.until = begin + 30}}), std::vector{first_story});
    EXPECT_EQ(stories("alice@example.com", {.limit = 1}), std::vector{second_story});
}

TEST_F(TraceTest, OnlyWhatWasPutOffCountsAsQueued) {
    std::vector<std::string> expected;
    using enum story::Queue::Action;
    for (const auto action : {deferred, postponed, held, released, deleted, requeued, removed}) {
        const std::string id = std::to_string(static_cast<int>(action));
        tell("queued", 0, story::queue({id}, {.action = action, .sender = "alice@example.com"}));
        if (action == deferred || action == postponed || action == held) expected.push_back(id + ": queue");
    }
    for (const bool indexed : {false, true}) {
        if (indexed) {
            Indexer indexer(root(), std::chrono::seconds(0));
            ASSERT_TRUE(work(indexer));
        }
        EXPECT_EQ(stories("", {.outcome = story::Outcome::queued}), expected) << indexed;
    }
}

TEST_F(TraceTest, OfManyTheLatestAreTold) {
    for (int i = 0; i < 5000; ++i)
        tell("smtpd", i,
             story::refuse({"id-" + std::to_string(i)}, {.recipients = {"joe@example.org"}, .reply = "550"}));
    for (const bool indexed : {false, true}) {
        if (indexed) {
            Indexer indexer(root(), std::chrono::seconds(0));
            ASSERT_TRUE(work(indexer));
        }
        EXPECT_EQ(stories("joe@example.org", {.limit = 2}),
                  (std::vector<std::string>{"id-4998: refuse", "id-4999: refuse"}));
    }
}

TEST_F(TraceTest, FollowingTellsWhatComesAndNothingElseOrTwice) {
    append("smtpd-A.jsonl", lines(0, 3));
    Follower follower(root());
    std::vector<std::string> told;
    const auto note = [&](const Event& event) { told.emplace_back(story::field(event, "reason")); };
    ASSERT_TRUE(follower.look(note));
    EXPECT_TRUE(told.empty());
    append("smtpd-A.jsonl", lines(3, 1) + lines(4, 1).substr(0, 10));
    append("smtpd-B.jsonl", lines(5, 1));
    ASSERT_TRUE(follower.look(note));
    EXPECT_EQ(told, (std::vector<std::string>{"3", "5"}));
    append("smtpd-A.jsonl", lines(4, 1).substr(10));
    append("smtpd-B.jsonl", lines(6, 1));
    std::filesystem::remove(incoming() + "/smtpd-B.jsonl");
    ASSERT_TRUE(follower.look(note));
    EXPECT_EQ(told, (std::vector<std::string>{"3", "5", "4", "6"}));
}

}  // namespace
}  // namespace posthouse::history
