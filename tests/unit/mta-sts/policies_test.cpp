// Tests of finding policies: a DNS server, a web server and a folder.
#include "lib/mta-sts/policies.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/dns/asking.h"
#include "tests/unit/dns/running_nsd.h"
#include "tests/unit/https/running_https.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::int64_t now = 1'800'000'000;
constexpr std::int64_t day = 86'400;
constexpr const char* policy_text = "version: STSv1\nmode: enforce\nmx: mx.sts.example\nmax_age: 604800\n";

class MtaStsPolicies : public testing::Test {
  protected:
    MtaStsPolicies() {
        std::ofstream(folder_.path() + "/ca.pem") << authority_.certificate_pem();
        settings_.folder = folder_.path() + "/policies";
        settings_.fetch.https.ca_file = folder_.path() + "/ca.pem";
        settings_.fetch.port = web_.address().port();
        settings_.fetch.https.allowed = {net::Network::parse("127.0.0.0/8").value()};
        web_.set_text(policy_text);
        restart();
    }

    void restart() { policies_.emplace(asking_.loop(), pool_, *asking_, settings_); }
    Found find(std::int64_t when, const std::string& domain = "sts.example") {
        return asking_.wait(policies_->find(domain, when, dns::soon()));
    }

    TemporaryFolder folder_;
    net::Identity authority_ = net::make_authority();
    https::RunningHttps web_{
        net::make_certificate({.common_names = {"x"}, .alternative_names = "DNS:mta-sts.sts.example"}, &authority_)};
    dns::RunningNsd server_{
        "_mta-sts.sts TXT \"v=STSv1; id=1;\"\nmta-sts.sts A 127.0.0.1\n"
        "_mta-sts.lost TXT \"v=STSv1; id=1;\"\n"
        "_mta-sts.other TXT \"v=STSv1; id=1;\"\nmta-sts.other A 127.0.0.1\n"};
    dns::Asking asking_{server_.settings()};
    net::Pool pool_{asking_.loop(), 2};
    PoliciesSettings settings_;
    std::optional<Policies> policies_;
};

TEST_F(MtaStsPolicies, AreFetchedOnceAndHoldOverRestarts) {
    Found found = find(now, "STS.example.");
    ASSERT_TRUE(found.policy) << found.reason;
    EXPECT_EQ(found.policy->policy.mode, Mode::enforce);
    EXPECT_EQ(found.policy->id, "1");
    EXPECT_TRUE(find(now + 1).policy);
    restart();
    EXPECT_TRUE(find(now + 2).policy);
    EXPECT_EQ(web_.requests(), 1);
    EXPECT_EQ(find(now + day).policy->fetched, now + day);  // it doesn't run out while it is used
    EXPECT_EQ(web_.requests(), 2);
}

TEST_F(MtaStsPolicies, AreNotGivenUpWhenFetchingFails) {
    ASSERT_TRUE(find(now).policy);
    web_.set_answer("404 Not Found\r\n", "");
    Found found = find(now + 2 * day);
    ASSERT_TRUE(found.policy);
    EXPECT_EQ(found.policy->fetched, now);
    EXPECT_EQ(found.problem, Problem::fetch_error);
    EXPECT_EQ(web_.requests(), 2);
    found = find(now + 2 * day);  // not asked again at once
    EXPECT_TRUE(found.policy);
    EXPECT_EQ(found.problem, Problem::fetch_error);
    EXPECT_EQ(web_.requests(), 2);
    restart();
    web_.set_text("version: STSv1\nmode: enforce\n");
    EXPECT_EQ(find(now + 2 * day).problem, Problem::policy_invalid);
    EXPECT_TRUE(find(now + 2 * day).policy);
    EXPECT_FALSE(find(now + 7 * day).policy);
}

TEST_F(MtaStsPolicies, ADomainWithoutOneOrWithoutItsWebServerHasNone) {
    Found found = find(now, "right.example");
    EXPECT_FALSE(found.policy);
    EXPECT_EQ(found.problem, Problem::none);
    found = find(now, "lost.example");
    EXPECT_FALSE(found.policy);
    EXPECT_EQ(found.problem, Problem::fetch_error);
    found = find(now, "other.example");
    EXPECT_FALSE(found.policy);
    EXPECT_EQ(found.problem, Problem::webpki_invalid);
    EXPECT_EQ(web_.requests(), 0);
}

net::Async<> find_into(Policies* policies, Found* found) {
    *found = co_await policies->find("sts.example", now, dns::soon());
}

net::Async<> find_ten(net::Loop& loop, Policies& policies, std::vector<Found>& found) {
    net::Scope scope(loop);
    found.resize(10);
    for (Found& one : found) scope.spawn(find_into, &policies, &one);
    co_await scope.join();
}

TEST_F(MtaStsPolicies, AreFetchedByOneAtATime) {
    std::vector<Found> found;
    asking_.wait(find_ten(asking_.loop(), *policies_, found));
    for (const Found& one : found) EXPECT_TRUE(one.policy);
    EXPECT_EQ(web_.requests(), 1);
}

}  // namespace
}  // namespace posthouse::mta_sts
