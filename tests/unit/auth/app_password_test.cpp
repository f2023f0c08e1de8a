// Tests of app passwords: how they are made, and what they serve for.
#include <gtest/gtest.h>

#include "auth/passwords/app_password.h"
#include "auth/passwords/password.h"
#include "auth/server/app_password_terms.h"

namespace posthouse::auth {
namespace {

TEST(AppPassword, AFreshOneFitsItsHashAndNoOther) {
    const auto one = generate_app_password();
    const auto other = generate_app_password();
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->password.view().size(), 34u) << one->password.view();
    EXPECT_EQ(one->password.view().find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789-"), std::string_view::npos);
    EXPECT_TRUE(one->stored.starts_with("{SSHA512}"));
    EXPECT_EQ(verify_password(one->stored, one->password.view()), true);
    EXPECT_EQ(verify_password(other->stored, one->password.view()), false);
    EXPECT_NE(one->password.view(), other->password.view());
}

AppPassword app(std::string scope, std::string networks = {}, std::optional<std::int64_t> expires_at = {}) {
    AppPassword made;
    made.scope = Services(std::move(scope));
    made.networks = std::move(networks);
    made.expires_at = expires_at;
    return made;
}

TEST(AppPassword, WithoutTermsItServesForEverything) {
    EXPECT_EQ(check_terms(app(""), "imap", "", 0), AppPasswordTerms::met);
    EXPECT_EQ(check_terms(app(""), "", "2001:db8::1", 0), AppPasswordTerms::met);
}

TEST(AppPassword, ServesForTheServicesOfItsScope) {
    EXPECT_EQ(check_terms(app("imap smtp"), "submissions", "", 0), AppPasswordTerms::met);
    EXPECT_EQ(check_terms(app("imap smtp"), "pop3", "", 0), AppPasswordTerms::other_service);
    EXPECT_EQ(check_terms(app("imap smtp"), "", "", 0), AppPasswordTerms::other_service);
}

TEST(AppPassword, ServesFromItsNetworks) {
    const AppPassword office = app("", "192.0.2.0/24, 2001:db8::/32");
    for (const char* ip : {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8:1::1"})
        EXPECT_EQ(check_terms(office, "imap", ip, 0), AppPasswordTerms::met) << ip;
    for (const char* ip : {"192.0.3.7", "2001:db9::1", "", "local"})
        EXPECT_EQ(check_terms(office, "imap", ip, 0), AppPasswordTerms::other_network) << ip;
    EXPECT_EQ(check_terms(app("", "nonsense"), "imap", "192.0.2.7", 0), AppPasswordTerms::other_network);
}

TEST(AppPassword, ServesUntilItExpires) {
    EXPECT_EQ(check_terms(app("", "", 1000), "imap", "", 999), AppPasswordTerms::met);
    EXPECT_EQ(check_terms(app("", "", 1000), "imap", "", 1000), AppPasswordTerms::expired);
}

}  // namespace
}  // namespace posthouse::auth
