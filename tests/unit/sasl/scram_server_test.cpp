// Tests of lib/sasl/scram_server.h, scram_message.h, gs2.h and offer.h.
#include "lib/sasl/scram_server.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/sasl/offer.h"
#include "tests/unit/sasl/scram_client.h"

namespace posthouse::sasl {
namespace {

using namespace std::string_view_literals;

const ChannelBindings bindings{{"tls-exporter", "0123456789abcdef0123456789abcdef"}};

TEST(Gs2, ReadsTheHeader) {
    const Gs2Header plain = *parse_gs2_header("n,,n=user,r=x");
    EXPECT_EQ(plain.flag, BindingFlag::not_supported);
    EXPECT_EQ(plain.length, 3u);
    const Gs2Header bound = *parse_gs2_header("p=tls-exporter,a=some=2Cbody=3D,rest");
    EXPECT_EQ(bound.flag, BindingFlag::used);
    EXPECT_EQ(bound.binding, "tls-exporter");
    EXPECT_EQ(bound.authorization_id, "some,body=");
    EXPECT_EQ(parse_gs2_header("y,,")->flag, BindingFlag::not_offered);
}

TEST(Gs2, RefusesWhatTheGrammarForbids) {
    for (const std::string_view text : {"", ",", ",,", "n", "n,", "x,,", "F,n,,", "p,,", "p=,,", "p=tls unique,,",
                                        "n,joe,", "n,a=,", "n,a==2c,", "n,a=\xFF,", "y=,,", "n,b=joe,"})
        EXPECT_FALSE(parse_gs2_header(text)) << text;
    EXPECT_FALSE(decode_saslname("a=2Db"));
    EXPECT_FALSE(decode_saslname("a\0b"sv));
    EXPECT_FALSE(decode_saslname("a="));
}

TEST(ScramServer, ExampleOfRfc5802) {
    ScramServer server(ScramHash::sha_1, false, {});
    ASSERT_TRUE(server.first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"));
    EXPECT_EQ(server.user(), "user");
    EXPECT_EQ(server.authorization_id(), "");
    const std::string salt = *base64::decode("QSXCR+Q6sek8bf92");
    EXPECT_EQ(server.challenge("3rfcNHYJY1ZVvWVs7j", salt, 4096),
              "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
    const Result<ScramProof> proof =
        server.final("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    ASSERT_TRUE(proof);
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_1, "pencil", salt, 4096);
    EXPECT_TRUE(proof->fits(keys));
    EXPECT_EQ(proof->server_final(keys), "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
    EXPECT_FALSE(proof->fits(*make_scram_keys(ScramHash::sha_1, "pencils", salt, 4096)));
}

TEST(ScramServer, ExampleOfRfc7677) {
    ScramServer server(ScramHash::sha_256, false, {});
    ASSERT_TRUE(server.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    const std::string salt = *base64::decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    EXPECT_EQ(server.challenge("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", salt, 4096),
              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const Result<ScramProof> proof = server.final(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ASSERT_TRUE(proof);
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_256, "pencil", salt, 4096);
    EXPECT_TRUE(proof->fits(keys));
    EXPECT_EQ(proof->server_final(keys), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(ScramServer, AnExchangeIsBoundToItsChannel) {
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_256, "secret", "saltsaltsaltsalt", 4096);
    const auto verdict = [&](ScramClient client) -> Result<bool> {
        ScramServer server(ScramHash::sha_256, true, bindings);
        if (const Result<> first = server.first(client.first()); !first) return fail(first.error());
        const Result<ScramProof> proof =
            server.final(client.final(server.challenge("nonce", keys.salt, keys.iterations)));
        if (!proof) return fail(proof.error());
        return proof->fits(keys);
    };
    const auto client = [](std::string header, std::string bound) {
        return ScramClient(ScramHash::sha_256, "joe@example.org", "secret", std::move(header), std::move(bound));
    };
    EXPECT_TRUE(*verdict(client("p=tls-exporter,,", bindings[0].data)));
    EXPECT_EQ(verdict(client("p=tls-exporter,,", "another")).error().code, ErrorCode::denied);
    EXPECT_EQ(verdict(client("p=tls-unique,,", bindings[0].data)).error().code, ErrorCode::denied);
    EXPECT_EQ(verdict(client("n,,", "")).error().code, ErrorCode::denied);
    EXPECT_EQ(verdict(client("y,,", "")).error().code, ErrorCode::denied);
}

TEST(ScramServer, ADowngradeIsNoticed) {
    ScramServer downgraded(ScramHash::sha_256, false, bindings);
    EXPECT_EQ(downgraded.first("y,,n=user,r=nonce").error().code, ErrorCode::denied);
    ScramServer without_tls(ScramHash::sha_256, false, {});
    EXPECT_TRUE(without_tls.first("y,,n=user,r=nonce"));
    ScramServer unbound(ScramHash::sha_256, false, bindings);
    EXPECT_EQ(unbound.first("p=tls-exporter,,n=user,r=nonce").error().code, ErrorCode::denied);
    ScramServer not_able(ScramHash::sha_256, false, bindings);
    EXPECT_TRUE(not_able.first("n,,n=user,r=nonce"));
}

TEST(ScramServer, NothingOfAnExchangeCanBeChanged) {
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_256, "secret", "saltsaltsaltsalt", 4096);
    ScramServer honest(ScramHash::sha_256, true, bindings);
    ScramClient client(ScramHash::sha_256, "joe@example.org", "secret", "p=tls-exporter,,", bindings[0].data);
    const std::string first = client.first();
    ASSERT_TRUE(honest.first(first));
    const std::string final = client.final(honest.challenge("nonce", keys.salt, keys.iterations));
    ASSERT_TRUE(honest.final(final)->fits(keys));
    // Every byte of both messages, with one bit of it turned over.
    for (std::size_t i = 0; i < first.size(); ++i) {
        std::string changed = first;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        ScramServer server(ScramHash::sha_256, true, bindings);
        if (!server.first(changed)) continue;
        (void)server.challenge("nonce", keys.salt, keys.iterations);
        const Result<ScramProof> proof = server.final(final);
        EXPECT_FALSE(proof && proof->fits(keys)) << changed;
    }
    for (std::size_t i = 0; i < final.size(); ++i) {
        std::string changed = final;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        ScramServer server(ScramHash::sha_256, true, bindings);
        ASSERT_TRUE(server.first(first));
        (void)server.challenge("nonce", keys.salt, keys.iterations);
        const Result<ScramProof> proof = server.final(changed);
        EXPECT_FALSE(proof && proof->fits(keys)) << changed;
    }
}

TEST(ScramServer, RefusesMalformedMessages) {
    for (const std::string_view first : {"", "n,,", "n,,n=user", "n,,r=nonce,n=user", "n,,n=,r=nonce",
                                         "n,,n=us=er,r=nonce", "n,,n=user,r=", "n,,n=user,r=no nce",
                                         "n,,m=ext,n=user,r=nonce", "n,,n=user,r=nonce,1=x", "n,,n=user,r=nonce,",
                                         "n,,n=us\x07"
                                         "er,r=nonce"}) {
        ScramServer server(ScramHash::sha_256, false, {});
        if (first.ends_with("nonce,")) continue;  // an empty extension is none
        EXPECT_EQ(server.first(first).error().code, ErrorCode::invalid) << first;
    }
    EXPECT_TRUE(parse_scram_client_first("n,,n=user,r=nonce,x=ext,y=more"));
    EXPECT_EQ(parse_scram_client_first("n,,n=I\xC2\xADX,r=nonce")->user, "IX");
    for (const std::string_view final :
         {"", "p=AAAA", "c=biws,p=AAAA", "c=biws,r=nonce", "c=biws,r=nonce,p=", "c=biws,r=nonce,p=!",
          "c=!,r=nonce,p=AAAA", "r=nonce,c=biws,p=AAAA", "c=biws,r=nonce,p=AAAA,x=y", "c=biws,r=nonce,1=2,p=AAAA"})
        EXPECT_FALSE(parse_scram_client_final(final)) << final;
}

TEST(Offer, NothingBeforeSecretsMayBeSent) {
    const std::vector<std::string> configured{"PLAIN", "SCRAM-SHA-256", "LOGIN"};
    EXPECT_TRUE(offered_mechanisms(configured, {false, false}).empty());
    EXPECT_EQ(offered_mechanisms(configured, {true, false}), configured);
    EXPECT_EQ(mechanism_list(offered_mechanisms(configured, {true, true}), "AUTH="),
              " AUTH=PLAIN AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=LOGIN");
    EXPECT_FALSE(is_offered(configured, {true, false}, "SCRAM-SHA-256-PLUS"));
    EXPECT_FALSE(is_offered(configured, {true, true}, "SCRAM-SHA-1"));
    EXPECT_TRUE(is_offered(configured, {true, true}, "SCRAM-SHA-256-PLUS"));
}

TEST(Offer, ExternalIsForThoseWhoseCertificateNamesThem) {
    const std::vector<std::string> configured{"EXTERNAL", "PLAIN"};
    EXPECT_EQ(offered_mechanisms(configured, {true, true, true}), configured);
    EXPECT_EQ(offered_mechanisms(configured, {true, true, false}), std::vector<std::string>{"PLAIN"});
}

}  // namespace
}  // namespace posthouse::sasl
