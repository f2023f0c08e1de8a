// The client's side of SCRAM.
#include "lib/sasl/scram_login.h"

#include <gtest/gtest.h>

namespace posthouse::sasl {
namespace {

TEST(ScramLogin, SaysWhatTheRfcsExampleSays) {  // RFC 7677 §3
    ScramLogin login = ScramLogin::begin(ScramHash::sha_256, "user", "rOprNGfwEbeRWgbNEkqO").value();
    EXPECT_EQ(login.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    const Result<std::string> answer = login.answer(
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "pencil");
    EXPECT_EQ(answer.value(),
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    EXPECT_TRUE(login.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    EXPECT_FALSE(login.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
    EXPECT_FALSE(login.check("e=other-error"));
    EXPECT_FALSE(login.check(""));
}

TEST(ScramLogin, EscapesWhatWouldEndTheName) {
    EXPECT_EQ(ScramLogin::begin(ScramHash::sha_1, "a=b,c", "x")->first(), "n,,n=a=3Db=2Cc,r=x");
    EXPECT_FALSE(ScramLogin::begin(ScramHash::sha_1, "a\x01", "x"));
}

TEST(ScramLogin, TakesNoServerThatDoesNotKeepToTheRules) {
    for (const std::string_view message :
         {"", "r=nonce1,s=c2FsdA==", "r=nonce,s=c2FsdA==,i=4096", "r=other1,s=c2FsdA==,i=4096", "r=nonce1,s=,i=4096",
          "r=nonce1,s=!,i=4096", "r=nonce1,s=c2FsdA==,i=1", "r=nonce1,s=c2FsdA==,i=99999999999",
          "r=nonce1,s=c2FsdA==,i=200001", "m=x,r=nonce1,s=c2FsdA==,i=4096", "s=c2FsdA==,r=nonce1,i=4096"}) {
        ScramLogin login = ScramLogin::begin(ScramHash::sha_256, "user", "nonce").value();
        EXPECT_FALSE(login.answer(message, "pencil")) << message;
        EXPECT_FALSE(login.check("v="));
    }
    ScramLogin login = ScramLogin::begin(ScramHash::sha_256, "user", "nonce").value();
    EXPECT_TRUE(login.answer("r=nonce1,s=c2FsdA==,i=4096,x=extension", "pencil"));
    EXPECT_FALSE(login.answer("r=nonce1,s=c2FsdA==,i=4096", "\x01"));
}

}  // namespace
}  // namespace posthouse::sasl
