// Tests of passwords, application passwords and SCRAM keys in the directory, in every engine.
#include <gtest/gtest.h>

#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

AppPassword app_password(std::string name, std::string scope = {}) {
    AppPassword app;
    app.name = std::move(name);
    app.password = "{PLAIN}app";
    app.scope = Services(std::move(scope));
    return app;
}

class DirectorySecretsTest : public EngineTest {};

TEST_P(DirectorySecretsTest, AnotherPasswordNeedsNoFurtherChange) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    NewUser user = joe();
    user.must_change_password = true;
    ASSERT_TRUE(directory->add_user(user));
    const auto must_change = [&] { return (*directory->find_user("joe@example.org"))->must_change_password; };
    EXPECT_TRUE(must_change());
    ASSERT_TRUE(directory->set_password("joe@example.org", "{PLAIN}other"));
    EXPECT_FALSE(must_change());
    ASSERT_TRUE(directory->set_password("joe@example.org", "{PLAIN}first", true));
    EXPECT_TRUE(must_change());
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}first", "{CLEAR}first"));
    EXPECT_TRUE(must_change()) << "the same password";
}

TEST_P(DirectorySecretsTest, AppPasswordsAreFoundAsTheyWereAdded) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    EXPECT_TRUE(directory->find_app_passwords("joe@example.org", 10)->empty());
    AppPassword phone = app_password("Phone", "imap smtp");
    phone.networks = "192.0.2.0/24";
    phone.expires_at = 5'000'000'000;
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", phone));
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("T\xC3\xA4"
                                                                               "blet")));
    EXPECT_EQ(directory->app_passwords().add("joe@example.org", phone).error().code, ErrorCode::exists);
    EXPECT_EQ(directory->app_passwords().add("ann@example.org", phone).error().code, ErrorCode::not_found);
    const auto all = directory->find_app_passwords("joe@example.org", 10);
    ASSERT_TRUE(all && all->size() == 2);
    EXPECT_EQ((*all)[0].name, "Phone");
    EXPECT_EQ((*all)[0].password, "{PLAIN}app");
    EXPECT_EQ((*all)[0].scope.text(), "imap smtp");
    EXPECT_EQ((*all)[0].networks, "192.0.2.0/24");
    EXPECT_EQ((*all)[0].expires_at, 5'000'000'000);
    EXPECT_GT((*all)[0].created_at, 0);
    EXPECT_FALSE((*all)[0].last_used_at);
    EXPECT_EQ((*all)[1].name,
              "T\xC3\xA4"
              "blet");
    EXPECT_TRUE((*all)[1].scope.all());
    EXPECT_FALSE((*all)[1].expires_at);
    EXPECT_EQ(directory->find_app_passwords("joe@example.org", 1)->size(), 1u);
    EXPECT_TRUE(directory->find_app_passwords("ann@example.org", 10)->empty());
}

TEST_P(DirectorySecretsTest, AppPasswordsAreBoundedTakenBackAndGoWithTheirUser) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    for (std::size_t i = 0; i < max_app_passwords; ++i)
        ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password(std::to_string(i))));
    EXPECT_EQ(directory->app_passwords().add("joe@example.org", app_password("more")).error().code, ErrorCode::limit);
    EXPECT_TRUE(directory->app_passwords().remove("joe@example.org", "7"));
    EXPECT_EQ(directory->app_passwords().remove("joe@example.org", "7").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->find_app_passwords("joe@example.org", 100)->size(), max_app_passwords - 1);
    EXPECT_TRUE(directory->app_passwords().remove("joe@example.org", {}));
    EXPECT_EQ(directory->app_passwords().remove("joe@example.org", {}).error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("last")));
    ASSERT_TRUE(directory->remove_user("joe@example.org"));
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM app_passwords"), 0);
}

TEST_P(DirectorySecretsTest, TheLatestUseOfAnAppPasswordIsKept) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone")));
    const std::int64_t id = (*directory->find_app_passwords("joe@example.org", 1))[0].id;
    EXPECT_TRUE(directory->app_passwords().set_used(id, 1000));
    EXPECT_EQ(directory->app_passwords().set_used(id, 900).error().code, ErrorCode::not_found);
    EXPECT_EQ((*directory->find_app_passwords("joe@example.org", 1))[0].last_used_at, 1000);
    EXPECT_EQ(directory->app_passwords().set_used(id + 1, 1000).error().code, ErrorCode::not_found);
}

TEST_P(DirectorySecretsTest, AHashIsReplacedOnlyWhileItIsTheOldOne) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    EXPECT_EQ(directory->replace_hash("joe@example.org", "other", "fresh").error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}secret", "fresh"));
    EXPECT_EQ((*directory->find_user("joe@example.org"))->password, "fresh");
}

TEST_P(DirectorySecretsTest, ScramKeysStayAsLongAsTheHashTheyBelongTo) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    const auto keys = [&] { return (*directory->find_user("joe@example.org"))->scram_keys; };
    EXPECT_EQ(keys(), "");
    EXPECT_EQ(directory->set_scram_keys("joe@example.org", "other", "k").error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->set_scram_keys("joe@example.org", "{PLAIN}secret", "k"));
    EXPECT_EQ(keys(), "k");
    EXPECT_EQ((*directory->users(""))[0].scram_keys, "k");
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}secret", "fresh"));
    EXPECT_EQ(keys(), "");
    ASSERT_TRUE(directory->set_scram_keys("joe@example.org", "fresh", "k"));
    ASSERT_TRUE(directory->set_password("joe@example.org", "other"));
    EXPECT_EQ(keys(), "");
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DirectorySecretsTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, DirectorySecretsTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
