// Tests of lib/sasl/mechanism.h.
#include "lib/sasl/mechanism.h"

#include <gtest/gtest.h>

#include "lib/sasl/external.h"

namespace posthouse::sasl {
namespace {

using namespace std::string_view_literals;

TEST(SaslPlain, ExamplesOfRfc4616) {
    const Result<Credentials> own = parse_plain("\0tim\0tanstaaftanstaaf"sv);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->authorization_id, "");
    EXPECT_EQ(own->user, "tim");
    EXPECT_EQ(own->password.view(), "tanstaaftanstaaf");

    const Result<Credentials> other = parse_plain("Ursel\0Kurt\0xipj3plmq"sv);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->authorization_id, "Ursel");
    EXPECT_EQ(other->user, "Kurt");
}

TEST(SaslPlain, RefusesWhatTheGrammarForbids) {
    EXPECT_FALSE(parse_plain(""sv));
    EXPECT_FALSE(parse_plain("tim\0password"sv));
    EXPECT_FALSE(parse_plain("\0\0password"sv));
    EXPECT_FALSE(parse_plain("\0tim\0"sv));
    EXPECT_FALSE(parse_plain("\0tim\0pass\0word"sv));
    EXPECT_FALSE(parse_plain("\0t\xFFm\0password"sv));
    EXPECT_EQ(parse_plain(std::string(max_response + 1, 'x')).error().code, ErrorCode::limit);
}

TEST(SaslPlain, EncodedMessageParsesBack) {
    const std::string message = encode_plain({"boss", "joe@example.org", Secret("gr\xC3\xBC\xC3\x9F")});
    const Result<Credentials> parsed = parse_plain(message);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->authorization_id, "boss");
    EXPECT_EQ(parsed->password.view(), "gr\xC3\xBC\xC3\x9F");
}

TEST(SaslServer, PlainWithoutInitialResponseAsksWithAnEmptyChallenge) {
    ServerExchange exchange(Mechanism::plain);
    Result<ServerStep> step = exchange.begin(std::nullopt);
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Challenge>(*step).bytes, "");
    step = exchange.respond("\0joe\0secret"sv);
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Credentials>(*step).user, "joe");
}

TEST(SaslServer, LoginAsksForUserThenPassword) {
    ServerExchange exchange(Mechanism::login);
    Result<ServerStep> step = exchange.begin(std::nullopt);
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Challenge>(*step).bytes, "Username:");
    step = exchange.respond("joe");
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Challenge>(*step).bytes, "Password:");
    step = exchange.respond("secret");
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Credentials>(*step).user, "joe");
    EXPECT_EQ(std::get<Credentials>(*step).password.view(), "secret");
}

TEST(SaslServer, LoginTakesAnInitialResponseAsTheUserName) {
    ServerExchange exchange(Mechanism::login);
    const Result<ServerStep> step = exchange.begin("joe");
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Challenge>(*step).bytes, "Password:");
}

TEST(SaslServer, AnExchangeThatEndedTakesNoMore) {
    ServerExchange exchange(Mechanism::plain);
    EXPECT_FALSE(exchange.begin("nonsense"));
    EXPECT_FALSE(exchange.respond("\0joe\0secret"sv));
    ServerExchange login(Mechanism::login);
    ASSERT_TRUE(login.begin(std::nullopt));
    EXPECT_FALSE(login.respond(""));
    EXPECT_FALSE(login.respond("joe"));
}

TEST(SaslServer, EmptyPasswordsAreRefused) {
    ServerExchange exchange(Mechanism::login);
    ASSERT_TRUE(exchange.begin("joe"));
    EXPECT_FALSE(exchange.respond(""));
}

TEST(SaslClient, ServerAndClientAgreeInBothMechanisms) {
    for (const Mechanism mechanism : {Mechanism::plain, Mechanism::login}) {
        ClientExchange client(mechanism, {{}, "joe", Secret("secret")});
        ServerExchange server(mechanism);
        const std::optional<Secret> initial = client.initial_response();
        Result<ServerStep> step = server.begin(initial ? std::optional(initial->view()) : std::nullopt);
        while (step && std::holds_alternative<Challenge>(*step)) {
            const Result<Secret> answer = client.respond(std::get<Challenge>(*step).bytes);
            ASSERT_TRUE(answer);
            step = server.respond(answer->view());
        }
        ASSERT_TRUE(step);
        EXPECT_EQ(std::get<Credentials>(*step).password.view(), "secret");
    }
}

TEST(SaslClient, AChallengeTooManyIsAnError) {
    ClientExchange client(Mechanism::plain, {{}, "joe", Secret("secret")});
    ASSERT_TRUE(client.initial_response());
    EXPECT_FALSE(client.respond(""));
}

TEST(SaslMechanism, NamesAreKnownInAnyCase) {
    EXPECT_EQ(parse_mechanism("plain"), Mechanism::plain);
    EXPECT_EQ(parse_mechanism("LOGIN"), Mechanism::login);
    EXPECT_EQ(parse_mechanism("CRAM-MD5"), std::nullopt);
}

TEST(External, SaysWhomToActAsOrNothing) {
    EXPECT_EQ(*parse_external(""), "");
    EXPECT_EQ(*parse_external("joe@example.org"), "joe@example.org");
    EXPECT_FALSE(parse_external(std::string_view("joe\0", 4)));
    EXPECT_FALSE(parse_external("\xFF"));
    EXPECT_EQ(parse_external(std::string(max_response + 1, 'x')).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::sasl
