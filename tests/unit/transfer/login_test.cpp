// Log-ins of a client.
#include "lib/transfer/login.h"

#include <gtest/gtest.h>

#include "lib/base/base64.h"

namespace posthouse::transfer {
namespace {

smtp::Capabilities offering(std::vector<std::string> mechanisms) {
    smtp::Capabilities capabilities;
    capabilities.auth = std::move(mechanisms);
    return capabilities;
}

TEST(Login, ByPlainIsOneLine) {
    const Credentials joe{"joe", Secret("secret")};
    Login login = Login::begin(joe, offering({"LOGIN", "PLAIN"})).value();
    EXPECT_EQ(login.first(), "AUTH PLAIN AGpvZQBzZWNyZXQ=");
    EXPECT_TRUE(login.succeeded());
    EXPECT_EQ(login.answer("").error().code, ErrorCode::limit);
}

TEST(Login, ByLoginAnswersTwice) {
    const Credentials joe{"joe", Secret("secret")};
    Login login = Login::begin(joe, offering({"LOGIN"})).value();
    EXPECT_EQ(login.first(), "AUTH LOGIN");
    EXPECT_EQ(login.answer("VXNlcm5hbWU6").value(), base64::encode("joe"));
    EXPECT_EQ(login.answer("UGFzc3dvcmQ6").value(), base64::encode("secret"));
    EXPECT_EQ(login.answer("bW9yZQ==").error().code, ErrorCode::limit);
}

TEST(Login, ByScramIsPreferredAndNeedsTheServersProof) {
    const Credentials joe{"joe", Secret("secret")};
    Login login = Login::begin(joe, offering({"PLAIN", "SCRAM-SHA-256"})).value();
    EXPECT_TRUE(login.first().starts_with("AUTH SCRAM-SHA-256 "));
    EXPECT_EQ(login.succeeded().error().code, ErrorCode::denied);
    EXPECT_EQ(login.answer("no base64!").error().code, ErrorCode::invalid);
}

TEST(Login, NeedsAMechanismThatBothKnow) {
    const Credentials joe{"joe", Secret("secret")};
    EXPECT_EQ(Login::begin(joe, offering({})).error().code, ErrorCode::unsupported);
    EXPECT_EQ(Login::begin(joe, offering({"GSSAPI", "NTLM"})).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace posthouse::transfer
