// Enhanced status codes of reports: RFC 3463, RFC 3464 §2.3.4.
#include "lib/dsn/status.h"

#include <gtest/gtest.h>

namespace posthouse::dsn {
namespace {

std::string status(Action action, std::string given, bool expired = false) {
    Recipient recipient;
    recipient.action = action;
    recipient.status = std::move(given);
    recipient.expired = expired;
    return status_of(recipient);
}

TEST(DsnStatus, HasThreeNumbersAndAClass) {
    for (const char* good : {"5.1.1", "4.4.7", "2.0.0", "5.7.30", "5.999.999"}) EXPECT_TRUE(is_status(good)) << good;
    for (const char* bad :
         {"", "5", "5.1", "5.1.1.1", "3.1.1", "55.1.1", "5.1.1000", "5..1", "5.1.", "5.1.1 ", "5.a.1"}) {
        EXPECT_FALSE(is_status(bad)) << bad;
    }
}

TEST(DsnStatus, IsTheRecipientsOwnWhereItFits) {
    EXPECT_EQ(status(Action::failed, "5.1.1"), "5.1.1");
    EXPECT_EQ(status(Action::failed, "4.4.1", true), "4.4.1") << "RFC 3463 §3.5: the actual problem, if known";
    EXPECT_EQ(status(Action::delayed, "4.2.2"), "4.2.2");
    EXPECT_EQ(status(Action::delivered, "2.1.5"), "2.1.5");
}

TEST(DsnStatus, IsTheClassOfTheActionOtherwise) {
    EXPECT_EQ(status(Action::failed, ""), "5.0.0");
    EXPECT_EQ(status(Action::failed, "2.0.0"), "5.0.0");
    EXPECT_EQ(status(Action::failed, "", true), "4.4.7");
    EXPECT_EQ(status(Action::delayed, "5.1.1"), "4.0.0");
    EXPECT_EQ(status(Action::relayed, "5.1.1"), "2.0.0");
    EXPECT_EQ(status(Action::failed, "5.1.1\r\nX: y"), "5.0.0");
}

TEST(DsnAdvice, IsOfTheDetailOrElseOfTheSubject) {
    EXPECT_NE(advice("5.1.1"), advice("5.1.2"));
    EXPECT_EQ(advice("4.2.2"), advice("5.2.2"));
    EXPECT_NE(advice("5.2.99"), "");
    EXPECT_EQ(advice("5.2.99"), advice("5.2.0"));
    EXPECT_NE(advice("5.1.10"), advice("5.1.1"));
}

TEST(DsnAdvice, IsEmptyWhereNothingIsKnown) {
    EXPECT_EQ(advice("5.0.0"), "");
    EXPECT_EQ(advice("2.1.5"), "");
    EXPECT_EQ(advice("nonsense"), "");
}

}  // namespace
}  // namespace posthouse::dsn
