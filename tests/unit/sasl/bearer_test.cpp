// Tests of OAUTHBEARER's and XOAUTH2's messages.
#include "lib/sasl/bearer.h"

#include <gtest/gtest.h>

#include "lib/sasl/mechanism.h"

namespace posthouse::sasl {
namespace {

using namespace std::string_literals;

constexpr auto oauthbearer = BearerMechanism::oauthbearer;
constexpr auto xoauth2 = BearerMechanism::xoauth2;

TEST(Bearer, TheExampleOfRfc7628) {
    // §4.1
    const Result<BearerMessage> message = parse_bearer(oauthbearer,
                                                       "n,a=user@example.com,\1host=server.example.com\1port=143\1auth="
                                                       "Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->user, "user@example.com");
    EXPECT_EQ(message->token.view(), "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
}

TEST(Bearer, TheExampleOfGoogle) {
    const Result<BearerMessage> message = parse_bearer(
        xoauth2, "user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->user, "someuser@example.com");
    EXPECT_EQ(message->token.view(), "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
}

TEST(Bearer, WhomToActAsIsANameOfGs2) {
    EXPECT_EQ(parse_bearer(oauthbearer, "n,a=a=3Db=2Cc,\1auth=bearer t\1\1")->user, "a=b,c");
    EXPECT_EQ(parse_bearer(oauthbearer, "y,,\1auth=BEARER t\1\1")->user, "");
    // user= is XOAUTH2's.
    EXPECT_EQ(parse_bearer(oauthbearer, "n,,\1user=joe@example.org\1auth=Bearer t\1\1")->user, "");
}

TEST(Bearer, WhatMakesNoSenseIsRefused) {
    for (const std::string& message : {""s,
                                       "\1"s,
                                       "n,,"s,
                                       "n,,\1"s,
                                       "n,,\1\1"s,
                                       "n,,\1auth=Bearer t\1"s,
                                       "n,,auth=Bearer t\1\1"s,
                                       "n,,\1auth=Bearer \1\1"s,
                                       "n,,\1auth=Bearer\1\1"s,
                                       "n,,\1auth=Basic dDp0\1\1"s,
                                       "n,,\1auth=Bearer a b\1\1"s,
                                       "n,,\1auth=Bearer =\1\1"s,
                                       "n,,\1auth=Bearer t=x\1\1"s,
                                       "n,,\1auth=Bearer t\1auth=Bearer u\1\1"s,
                                       "n,,\1=x\1auth=Bearer t\1\1"s,
                                       "n,,\1noequals\1auth=Bearer t\1\1"s,
                                       "n,,\1a1=x\1auth=Bearer t\1\1"s,
                                       "n,,\1host=a\0b\1auth=Bearer t\1\1"s,
                                       "n,,\1host=\xFF\1auth=Bearer t\1\1"s,
                                       "p=tls-exporter,,\1auth=Bearer t\1\1"s,
                                       "n,joe,\1auth=Bearer t\1\1"s,
                                       "user=joe@example.org\1auth=Bearer t\1\1"s})
        EXPECT_EQ(parse_bearer(oauthbearer, message).error().code, ErrorCode::invalid) << message;
    for (const std::string& message : {"auth=Bearer t\1\1"s, "user=\1auth=Bearer t\1\1"s, "user=joe@example.org\1\1"s,
                                       "user=a\1user=b\1auth=Bearer t\1\1"s, "n,,\1user=a\1auth=Bearer t\1\1"s})
        EXPECT_EQ(parse_bearer(xoauth2, message).error().code, ErrorCode::invalid) << message;
}

TEST(Bearer, SizesAndCountsAreBounded) {
    std::string many = "n,,\1";
    for (int i = 0; i < 17; ++i) many += "x=y\1";
    EXPECT_EQ(parse_bearer(oauthbearer, many + "auth=Bearer t\1\1").error().code, ErrorCode::invalid);
    const std::string token(max_response - 100, 't');
    EXPECT_EQ(parse_bearer(oauthbearer, "n,,\1auth=Bearer " + token + "\1\1")->token.view(), token);
    EXPECT_EQ(parse_bearer(oauthbearer, "n,,\1auth=Bearer " + token + token + "\1\1").error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::sasl
