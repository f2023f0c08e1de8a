// Tests of the choice of mail hosts and their addresses.
#include "lib/dns/mail_hosts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace posthouse::dns {
namespace {

std::size_t last(std::size_t below) { return below - 1; }

Answer<Mx> mx(std::vector<Mx> records) {
    Answer<Mx> answer;
    answer.outcome = records.empty() ? Outcome::no_data : Outcome::records;
    answer.records = std::move(records);
    answer.name = "example.org";
    return answer;
}

std::vector<std::string> names(const smtp::Parsed<MailHosts>& hosts) {
    std::vector<std::string> out;
    for (const MailHost& host : hosts.value().hosts) out.push_back(host.name);
    return out;
}

smtp::Parsed<MailHosts> select(const Answer<Mx>& answer, const MailHostRules& rules = {}, const Random& random = last) {
    return select_mail_hosts(answer, "example.org", rules, random);
}

using Names = std::vector<std::string>;

TEST(MailHosts, TheLowestPreferenceIsTriedFirst) {
    EXPECT_EQ(names(select(mx({{20, "b.example"}, {10, "c.example"}, {30, "a.example"}}))),
              (Names{"c.example", "b.example", "a.example"}));
}

TEST(MailHosts, EqualsAreShuffledByTheGenerator) {
    const Answer<Mx> answer = mx({{10, "a.example"}, {10, "b.example"}, {10, "c.example"}, {20, "z.example"}});
    std::map<Names, int> seen;
    // Every way the generator can go: each order comes up once.
    for (std::size_t first = 0; first < 3; ++first)
        for (std::size_t second = 0; second < 2; ++second)
            ++seen[names(select(answer, {}, [&](std::size_t below) { return below == 3 ? first : second; }))];
    EXPECT_EQ(seen.size(), 6u);
    for (const auto& [order, count] : seen) EXPECT_EQ(order.back(), "z.example");
}

TEST(MailHosts, ADomainWithoutMxIsItsOwnHost) {
    const auto hosts = select(mx({}));
    EXPECT_EQ(names(hosts), Names{"example.org"});
    EXPECT_TRUE(hosts->implicit);
    Answer<Mx> alias = mx({});
    alias.name = "elsewhere.example";
    EXPECT_EQ(names(select(alias)), Names{"elsewhere.example"});
    EXPECT_EQ(select(alias)->domain, "elsewhere.example");
}

TEST(MailHosts, WhoHasMxRecordsIsNeverItsOwnHost) {
    EXPECT_EQ(select(mx({{10, "a\\046b.example"}})).error().status, "5.4.4");
    EXPECT_EQ(select(mx({{10, ""}, {20, ""}})).error().status, "5.4.4");
}

TEST(MailHosts, NullMxAcceptsNoMail) {
    const auto hosts = select(mx({{0, ""}}));
    EXPECT_EQ(hosts.error().code, 556);
    EXPECT_EQ(hosts.error().status, "5.1.10");
    // RFC 7505 §3: there must not be other MX records beside it.
    EXPECT_EQ(names(select(mx({{0, ""}, {10, "a.example"}}))), Names{"a.example"});
}

TEST(MailHosts, ADomainThatDoesNotExistIsRefused) {
    Answer<Mx> answer = mx({});
    answer.outcome = Outcome::no_name;
    EXPECT_EQ(select(answer).error().code, 550);
    EXPECT_EQ(select(answer).error().status, "5.1.2");
}

TEST(MailHosts, AFailedOrBogusAnswerIsATemporaryFailure) {
    Answer<Mx> answer;
    EXPECT_EQ(select(answer).error().code, 451);
    EXPECT_EQ(select(answer).error().status, "4.4.3");
    answer.dnssec = Dnssec::bogus;
    EXPECT_EQ(select(answer).error().code, 451);
    EXPECT_NE(select(answer).error().text().find("DNSSEC"), std::string::npos);
}

TEST(MailHosts, OurOwnNameCutsOffWhatIsNotBetter) {
    const MailHostRules rules{.own_names = {"Mail.Example.Org."}};
    const std::vector<Mx> records{{10, "a.example"}, {20, "mail.example.org"}, {20, "b.example"}, {30, "c.example"}};
    EXPECT_EQ(names(select(mx(records), rules)), Names{"a.example"});
    const auto looping = select(mx({{10, "mail.example.org"}, {10, "b.example"}}), rules);
    EXPECT_EQ(looping.error().code, 554);
    EXPECT_EQ(looping.error().status, "5.4.6");
    EXPECT_EQ(select(mx({}), {.own_names = {"example.org"}}).error().status, "5.4.6");
}

TEST(MailHosts, AHostNamedTwiceCountsOnceWithItsBestPreference) {
    const auto hosts = select(mx({{30, "a.example"}, {20, "b.example"}, {10, "a.example"}}));
    EXPECT_EQ(hosts->hosts, (std::vector<MailHost>{{"a.example", 10}, {"b.example", 20}}));
}

TEST(MailHosts, OnlySoManyAreTried) {
    std::vector<Mx> records;
    for (int i = 0; i < 100; ++i)
        records.push_back({static_cast<std::uint16_t>(i), "h" + std::to_string(i) + ".example"});
    const auto hosts = select(mx(records), {.max_hosts = 5});
    EXPECT_EQ(hosts->hosts.size(), 5u);
    EXPECT_EQ(hosts->hosts.back().name, "h4.example");
}

Answer<net::Address> addresses(const std::vector<std::string>& ips, Dnssec dnssec = Dnssec::insecure) {
    Answer<net::Address> answer;
    answer.outcome = ips.empty() ? Outcome::no_data : Outcome::records;
    answer.dnssec = dnssec;
    answer.name = "mx.example.org";
    for (const std::string& ip : ips) answer.records.push_back(net::Address::from_ip(ip, 0).value());
    return answer;
}

std::vector<std::string> texts(const smtp::Parsed<HostAddresses>& found) {
    std::vector<std::string> out;
    for (const net::Address& address : found.value().addresses) out.push_back(address.to_string());
    return out;
}

smtp::Parsed<HostAddresses> choose(const Answer<net::Address>& ipv6, const Answer<net::Address>& ipv4,
                                   const AddressRules& rules = {}) {
    return select_addresses("mx.example.org", ipv6, ipv4, rules);
}

TEST(MailHostAddresses, FamiliesTakeTurns) {
    EXPECT_EQ(texts(choose(addresses({"2001:db8::1", "2001:db8::2"}),
                           addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"}))),
              (Names{"[2001:db8::1]:25", "192.0.2.1:25", "[2001:db8::2]:25", "192.0.2.2:25", "192.0.2.3:25"}));
    EXPECT_EQ(texts(choose(addresses({"2001:db8::1"}), addresses({"192.0.2.1", "192.0.2.2"}),
                           {.port = 2525, .max_addresses = 2})),
              (Names{"[2001:db8::1]:2525", "192.0.2.1:2525"}));
}

TEST(MailHostAddresses, OneFamilysFailureIsNoHarmWhenTheOtherHasAddresses) {
    Answer<net::Address> failed;
    EXPECT_EQ(texts(choose(failed, addresses({"192.0.2.1"}))), Names{"192.0.2.1:25"});
    EXPECT_EQ(choose(failed, addresses({})).error().status, "4.4.3");
    EXPECT_EQ(choose(addresses({}), failed).error().status, "4.4.3");
    EXPECT_EQ(choose(addresses({}), addresses({})).error().status, "5.4.4");
}

TEST(MailHostAddresses, AreSecureWhenAllThatWasAnsweredIs) {
    const auto secure = Dnssec::secure;
    EXPECT_TRUE(choose(addresses({}, secure), addresses({"192.0.2.1"}, secure))->secure);
    EXPECT_FALSE(choose(addresses({}), addresses({"192.0.2.1"}, secure))->secure);
    EXPECT_FALSE(choose(addresses({"2001:db8::1"}, secure), addresses({"192.0.2.1"}))->secure);
    EXPECT_TRUE(choose({}, addresses({"192.0.2.1"}, secure))->secure);  // whoever suppresses AAAA gains nothing
    EXPECT_TRUE(choose({}, addresses({"192.0.2.1"}, secure), {.ipv6 = false})->secure);
    EXPECT_FALSE(choose({}, addresses({"192.0.2.1"}))->secure);
}

TEST(MailHostAddresses, OurOwnAreLeftOut) {
    const AddressRules rules{.own = {net::Address::from_ip("192.0.2.1", 587).value()}};
    EXPECT_EQ(texts(choose(addresses({}), addresses({"192.0.2.1", "192.0.2.2"}), rules)), Names{"192.0.2.2:25"});
    EXPECT_EQ(choose(addresses({}), addresses({"192.0.2.1"}), rules).error().status, "5.4.6");
}

}  // namespace
}  // namespace posthouse::dns
