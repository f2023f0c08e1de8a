// Quota in a daemon: whose limits, and what reaches authd.
#include "quota/service.h"

#include <gtest/gtest.h>

#include "tests/unit/auth/running_authd.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::quota {
namespace {

std::shared_ptr<config::Config> configured(std::vector<std::string> rules) {
    auto config = std::make_shared<config::Config>();
    config->quota.rule = std::move(rules);
    config->listen.usage.clear();
    return config;
}

class QuotaService : public storage::MailRoot {
  protected:
    net::Loop loop;
    net::Pool disk{loop, 1};
};

TEST_F(QuotaService, TheUsersOwnRulesComeAfterTheConfiguredOnes) {
    Service service(loop, store, disk, configured({"*:storage=1G", "Trash:storage=+10%"}));
    EXPECT_EQ(service.limits({})->total().bytes, 1u << 30);
    const auto own = service.limits({{"home", "/x"}, {"quota_rule", "*:storage=5M"}, {"quota_rule2", "Junk:ignore"}});
    EXPECT_EQ(own->total().bytes, 5u << 20);
    EXPECT_FALSE(own->counts(named("Junk")));
    EXPECT_EQ(own->soft(named("Trash")).bytes, (5u << 20) * 11 / 10);
    EXPECT_EQ(own, service.limits({{"quota_rule", "*:storage=5M"}, {"quota_rule2", "Junk:ignore"}})) << "remembered";
    EXPECT_EQ(rules_in({{"quota_rules", "a"}, {"quota_rule3", "b"}, {"quota", "c"}}), std::vector<std::string>{"b"});
}

TEST_F(QuotaService, AReloadMakesLimitsAnew) {
    Service service(loop, store, disk, configured({"*:storage=1G"}));
    const storage::SharedLimits old = service.limits({});
    service.reloaded(configured({"*:storage=2G"}));
    EXPECT_EQ(service.limits({})->total().bytes, 2u << 30);
    EXPECT_EQ(old->total().bytes, 1u << 30) << "for who has it";
    auto off = configured({});
    off->quota.enabled = false;
    service.reloaded(off);
    EXPECT_EQ(service.limits({}), nullptr);
    EXPECT_FALSE(service.of(bob, {}).removal());
}

TEST_F(QuotaService, WhatChangedReachesAuthdAtTheEndAtTheLatestAlsoWhenItWasAway) {
    auth::RunningAuthd authd(loop);
    auto config = configured({});
    config->listen.usage = authd.socket("usage");
    const storage::AccountName joe = storage::AccountName::parse("joe@example.org").value();
    ASSERT_TRUE(store.open(joe));
    Service service(loop, store, disk, config);
    ASSERT_TRUE(storage::deliver(store, joe, "A: b\r\n\r\n1234\r\n"));
    {
        const auto changed = service.of(joe, {}).removal();
        ASSERT_TRUE(changed);
    }
    loop.run_until_complete([](Service& s, auth::RunningAuthd& a, net::Loop& l) -> net::Async<> {
        net::Event stopping(l);
        net::Scope scope(l);
        scope.spawn(&Service::run, &s, &stopping);
        co_await l.sleep_until(net::Deadline::in(std::chrono::milliseconds(1)));
        stopping.cancel();
        co_await scope.join();
        co_await s.stop();
        co_await a.stop();
    }(service, authd, loop));
    const auto user = *authd.open()->find_user("joe@example.org");
    ASSERT_TRUE(user->usage);
    EXPECT_EQ(user->usage->bytes, 11);
    EXPECT_EQ(user->usage->messages, 1);
}

}  // namespace
}  // namespace posthouse::quota
