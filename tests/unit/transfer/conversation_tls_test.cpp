// Conversations within TLS, and what is only said there.
#include <gtest/gtest.h>

#include "tests/unit/net/test_certificate.h"
#include "tests/unit/transfer/talk.h"

namespace posthouse::transfer {
namespace {

class Tls : public Talk {
  protected:
    Tls() {
        net::TlsSettings settings;
        settings.certificates.push_back(
            {identity_.certificate_pem() + authority_.certificate_pem(), identity_.key_pem(), "test"});
        context_ = net::TlsContext::server(settings).value();
        net::TlsClientSettings client;
        client.ca_pem = authority_.certificate_pem();
        demand_.context = net::TlsContext::client(client).value();
        demand_.server_name = "mx.example";
    }
    net::Identity authority_ = net::make_authority();
    net::Identity identity_ =
        net::make_certificate({.common_names = {"x"}, .alternative_names = "DNS:mx.example"}, &authority_);
    std::shared_ptr<const net::TlsContext> context_;
    const Script starttls_ = script({hello,
                                     {"> 250-mx.example\r\n250-AUTH CRAM-MD5\r\n250 STARTTLS", "< STARTTLS", "> 220 go",
                                      "tls", "< EHLO", "> 250-mx.example\r\n250 AUTH PLAIN LOGIN"}});
};

TEST_F(Tls, StartsWhereItIsOffered) {
    demand_.level = TlsDemand::Level::may;
    serve({starttls_}, context_);
    ASSERT_TRUE(open());
    EXPECT_TRUE(conversation_->tls());
    EXPECT_EQ(conversation_->verify_result(), 0);
    // What was said before TLS is forgotten.
    EXPECT_FALSE(conversation_->capabilities().starttls);
    EXPECT_FALSE(conversation_->capabilities().accepts_auth("CRAM-MD5"));
}

TEST_F(Tls, IsLeftOutWhereItIsNotDemandedAndNotOffered) {
    demand_.level = TlsDemand::Level::may;
    serve({script({hello, {plain_ehlo}}), script({hello,
                                                  {"> 250-mx.example\r\n250 STARTTLS", "< STARTTLS",
                                                   "> 454 4.7.0 no certificate", "< QUIT", "> 221 bye"}})});
    ASSERT_TRUE(open());
    EXPECT_FALSE(conversation_->tls());
    ASSERT_TRUE(open());
    EXPECT_FALSE(conversation_->tls());
    loop_.run_until_complete(conversation_->quit());
}

TEST_F(Tls, ThatIsDemandedAndCannotBeHadIsAFailure) {
    demand_.level = TlsDemand::Level::encrypt;
    serve({script({hello, {plain_ehlo}}),
           script({hello, {"> 250-mx.example\r\n250 STARTTLS", "< STARTTLS", "> 454 4.7.0 no certificate"}}),
           script({hello, {"> 250-mx.example\r\n250 STARTTLS", "< STARTTLS", "> 220 go", "> 250 rubbish"}})});
    for (const bool offered : {false, true, true}) {
        const auto opened = open();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Failure::Kind::tls);
        EXPECT_EQ(opened.error().offers_tls, offered);
    }
}

TEST_F(Tls, ToAServerThatIsNotVerifiedIsAFailureIfThatIsDemanded) {
    demand_.level = TlsDemand::Level::verify;
    serve({starttls_}, context_);
    demand_.names = {"other.example"};
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Failure::Kind::tls);
    EXPECT_EQ(opened.error().text, "the server's certificate can't be verified: hostname mismatch");
    demand_.names = {"other.example", "mx.example"};
    EXPECT_TRUE(open());
    // Whoever doesn't demand it learns it.
    demand_.level = TlsDemand::Level::encrypt;
    demand_.names = {"other.example"};
    ASSERT_TRUE(open());
    EXPECT_NE(conversation_->verify_result(), 0);
}

TEST_F(Tls, CanBeginWithTheFirstByte) {
    demand_.level = TlsDemand::Level::encrypt;
    demand_.implicit = true;
    serve({script({{"tls"}, hello, {"> 250 mx.example"}})}, context_);
    ASSERT_TRUE(open());
    EXPECT_TRUE(conversation_->tls());
}

TEST_F(Tls, WordsInjectedBeforeItDoNotCount) {
    demand_.level = TlsDemand::Level::encrypt;
    serve({script({hello,
                   {"> 250-mx.example\r\n250 STARTTLS", "< STARTTLS", "> 220 go\r\n250 injected", "tls", "< EHLO",
                    "> 250 mx.example"}})},
          context_);
    const auto opened = open();
    // Dropped with the buffer, or in the way of the handshake: never taken for a reply to EHLO.
    if (opened) EXPECT_EQ(conversation_->capabilities().name, "mx.example");
}

TEST_F(Tls, APasswordIsSentWithinIt) {
    const Credentials credentials{"joe", Secret("secret")};
    credentials_ = &credentials;
    demand_.level = TlsDemand::Level::may;
    serve({script({starttls_, {"< AUTH PLAIN AGpvZQBzZWNyZXQ=", "> 235 2.7.0 welcome"}}),
           script({starttls_, {"< AUTH PLAIN", "> 535 5.7.8 no"}})},
          context_);
    EXPECT_TRUE(open());
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Failure::Kind::refused);
    EXPECT_EQ(refused.error().step, Step::login);
}

TEST_F(Tls, APasswordIsNotSentWithoutIt) {
    const Credentials credentials{"joe", Secret("secret")};
    credentials_ = &credentials;
    demand_.level = TlsDemand::Level::may;
    serve({script({hello, {"> 250-mx.example\r\n250 AUTH PLAIN LOGIN", "hang"}})});
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Failure::Kind::local);
    EXPECT_EQ(server_->heard, std::vector<std::string>{"EHLO client.example"});
}

}  // namespace
}  // namespace posthouse::transfer
