// Tests of imapd/listing.h.
#include "imapd/listing.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

using storage::ListedMailbox;
using storage::MailboxName;

ListedMailbox mailbox(std::string_view name, bool subscribed = true) {
    ListedMailbox made;
    made.name = MailboxName::parse(name).value();
    made.exists = true;
    made.subscribed = subscribed;
    return made;
}

/// As storage gives them.
void sort(std::vector<ListedMailbox>& mailboxes) {
    std::ranges::sort(mailboxes, {}, [](const ListedMailbox& m) { return std::pair(!m.name.is_inbox(), m.name); });
}

/// The last words of all lines; "-" before those that only lead to others.
std::multiset<std::string> names_in(std::string_view lines) {
    std::multiset<std::string> names;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        const bool is_way = line.find("\\Noselect") != std::string::npos || line.find("CHILDINFO") != std::string::npos;
        const std::string_view tail = line.substr(line.find("\"/\" ") + 4);
        names.insert((is_way ? "-" : "") + std::string(tail.substr(0, tail.find(" ("))));
        lines.remove_prefix(line.size() + 2);
    }
    return names;
}

std::multiset<std::string> lsub(std::string_view pattern, const std::vector<ListedMailbox>& mailboxes) {
    const imap::Lsub command{.reference = {}, .pattern = std::string(pattern)};
    LsubRun run(command, mailboxes, {});
    std::string lines;
    while (run.advance(lines)) {
    }
    EXPECT_EQ(run.done(), mailboxes.size());
    return names_in(lines);
}

imap::List list_of(std::vector<std::string> patterns) {
    imap::List command;
    command.patterns = std::move(patterns);
    return command;
}

std::multiset<std::string> list(const imap::List& command, const std::vector<ListedMailbox>& mailboxes) {
    ListRun run(command, mailboxes, {});
    std::vector<Listing> listings;
    while (run.advance(listings)) {
    }
    std::string lines;
    for (const Listing& listing : listings) lines += listing.line;
    return names_in(lines);
}

/// "a*a*…a" at its longest for a name of so many octets, and never matching it.
std::string laborious(std::size_t octets) {
    std::string pattern;
    for (std::size_t i = 1; i < octets; ++i) pattern += "*a";
    return pattern + "b";
}

// RFC 3501 §6.3.9; RFC 5258 §5: the examples' names.
TEST(Listing, TheWayToWhatIsSubscribedIsShownOnce) {
    std::vector<ListedMailbox> mailboxes{
        mailbox("INBOX"),          mailbox("Fruit/Apple"),      mailbox("Fruit/Pear"),
        mailbox("Fruit 2/Apple"),  mailbox("Vegetable", false), mailbox("Fruit/Apple/Red"),
        mailbox("Vegetable/Leek"), mailbox("Meat", false)};
    sort(mailboxes);
    using Names = std::multiset<std::string>;
    EXPECT_EQ(lsub("%", mailboxes), (Names{"INBOX", "-Fruit", "-\"Fruit 2\"", "-Vegetable"}));
    EXPECT_EQ(lsub("*uit%", mailboxes), (Names{"-Fruit", "-\"Fruit 2\""}));
    EXPECT_EQ(lsub("*pp%", mailboxes), (Names{"Fruit/Apple", "\"Fruit 2/Apple\""})) << "not as the way to Red, too";
    EXPECT_EQ(lsub("Vegetable", mailboxes), Names());
    imap::List recursive = list_of({"%"});
    recursive.extended = true;
    recursive.select_subscribed = true;
    recursive.select_recursive_match = true;
    EXPECT_EQ(list(recursive, mailboxes), (Names{"INBOX", "-Vegetable"})) << "no mailboxes, and not listed, are others";
}

TEST(Listing, WhatLiesBelowIsFoundInAnyTree) {
    std::mt19937 random(2);
    const std::string alphabet = "a !0/";
    for (int round = 0; round < 300; ++round) {
        std::vector<ListedMailbox> mailboxes{mailbox("INBOX", random() % 2 == 0)};
        std::set<std::string> taken{"INBOX"};
        for (int i = 0; i < 30; ++i) {
            std::string name = random() % 8 == 0 ? "INBOX/" : "";
            for (std::size_t n = 1 + random() % 6; n > 0; --n) name += alphabet[random() % alphabet.size()];
            if (!MailboxName::parse(name) || !taken.insert(name).second) continue;
            mailboxes.push_back(mailbox(name, random() % 3 == 0));
        }
        sort(mailboxes);
        std::set<MailboxName> subscribed;
        for (const ListedMailbox& one : mailboxes)
            if (one.subscribed) subscribed.insert(one.name);
        std::set<MailboxName> ways;
        for (const MailboxName& name : subscribed)
            for (auto parent = name.parent(); parent; parent = parent->parent()) ways.insert(*parent);

        const imap::Lsub command{.reference = {}, .pattern = "*a%"};
        const imap::ListPattern pattern("*a%", '/');
        std::size_t wanted = 0;
        for (const MailboxName& name : subscribed) wanted += pattern.matches(name.text()) ? 1 : 0;
        for (const MailboxName& name : ways)
            wanted += pattern.matches(name.text()) && !subscribed.contains(name) ? 1 : 0;
        EXPECT_EQ(lsub("*a%", mailboxes).size(), wanted);

        WantedBelow below(mailboxes);
        below.count([](const ListedMailbox& one) { return one.subscribed; });
        for (const ListedMailbox& one : mailboxes)
            EXPECT_EQ(below.has(one.name), ways.contains(one.name)) << one.name.text();
    }
}

// One LIST of many patterns and names was matched as a whole, on the loop.
TEST(Listing, ATurnDoesLittleWhateverThePatternsAre) {
    std::vector<ListedMailbox> mailboxes{mailbox("INBOX")};
    for (int i = 0; i < 200; ++i) mailboxes.push_back(mailbox(std::string(200, 'a') + std::to_string(1000 + i)));
    const imap::List command = list_of(std::vector(imap::kMaxWords, laborious(200)));
    std::size_t steps = 0;
    for (const ListedMailbox& one : mailboxes)
        steps += imap::kMaxWords * imap::ListPattern(command.patterns.front(), '/').steps(one.name.text());

    ListRun run(command, mailboxes, {});
    std::vector<Listing> listings;
    std::size_t turns = 1;
    while (run.advance(listings)) ++turns;
    EXPECT_EQ(run.done(), mailboxes.size());
    EXPECT_TRUE(listings.empty());
    // Each may go over its bound by one mailbox.
    EXPECT_GE(turns, steps / (2 * ListingTurn::most_steps)) << steps;
    EXPECT_LE(turns, 10 + steps / ListingTurn::most_steps);
}

TEST(Listing, ATurnHoldsFewLines) {
    std::vector<ListedMailbox> mailboxes;
    for (int i = 0; i < 1000; ++i) mailboxes.push_back(mailbox(std::string(900, 'x') + std::to_string(1000 + i)));
    const imap::List command = list_of({"*"});
    ListRun run(command, mailboxes, {});
    for (bool more = true; more;) {
        std::vector<Listing> listings;
        more = run.advance(listings);
        EXPECT_LT(listings.size(), 80U);
    }
    std::string all;
    LsubRun lsub_run({.reference = {}, .pattern = "*"}, mailboxes, {});
    for (bool more = true; more;) {
        std::string lines;
        more = lsub_run.advance(lines);
        EXPECT_LT(lines.size(), 70'000U);
        all += lines;
    }
    EXPECT_EQ(names_in(all).size(), 1000U);
}

class ListingTest : public ImapTest {
  protected:
    ListingTest() : ImapTest(talkative()) {}
    static config::Config talkative() {
        config::Config config = usual_config();
        config.imapd.progress_interval = std::chrono::milliseconds(0);
        return config;
    }
};

// RFC 9585 §4: what stands between two turns.
TEST_F(ListingTest, OthersHaveTheirTurnsBetweenThoseOfOneList) {
    TestClient client = log_in();
    for (int i = 0; i < 100; ++i) client.run("SUBSCRIBE " + std::string(200, 'a') + std::to_string(1000 + i));
    std::string patterns = laborious(200);
    for (std::size_t i = 1; i < imap::kMaxWords; ++i) patterns += " " + laborious(200);
    const std::string reply = client.run("LIST (SUBSCRIBED) \"\" (" + patterns + ")");
    EXPECT_NE(reply.find("t OK "), std::string::npos) << reply;
    EXPECT_EQ(reply.find("* LIST"), std::string::npos);
    std::set<std::string> told;
    const std::regex progress("INPROGRESS \\(\"t\" ([1-9][0-9]*) ");
    for (std::sregex_iterator it(reply.begin(), reply.end(), progress); it != std::sregex_iterator(); ++it)
        told.insert((*it)[1].str());
    EXPECT_GE(told.size(), 4U) << reply;
}

}  // namespace
}  // namespace posthouse::imapd
