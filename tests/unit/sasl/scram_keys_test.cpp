// Tests of lib/sasl/scram_keys.h and saslprep.h.
#include "lib/sasl/scram_keys.h"

#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "lib/sasl/saslprep.h"

namespace posthouse::sasl {
namespace {

TEST(Saslprep, ExamplesOfRfc4013) {
    EXPECT_EQ(*saslprep("I\xC2\xADX"), "IX");  // SOFT HYPHEN mapped to nothing
    EXPECT_EQ(*saslprep("user"), "user");
    EXPECT_EQ(*saslprep("USER"), "USER");
    EXPECT_EQ(*saslprep("\xC2\xAA"), "a");       // NFKC
    EXPECT_EQ(*saslprep("\xE2\x85\xA8"), "IX");  // NFKC
    EXPECT_FALSE(saslprep("\x07"));              // prohibited character
    EXPECT_FALSE(saslprep("\xD8\xA7\x31"));      // right-to-left that does not end so
}

TEST(Saslprep, SpacesBecomeASpaceAndRefusesWhatIsNoText) {
    EXPECT_EQ(*saslprep("a\xC2\xA0z"), "a z");
    EXPECT_EQ(*saslprep(""), "");
    EXPECT_FALSE(saslprep("\xFF"));
    EXPECT_FALSE(saslprep("\xC2\x80"));
    EXPECT_EQ(saslprep(std::string(max_prepared + 1, 'x')).error().code, ErrorCode::limit);
    // U+FDFA becomes 18 characters.
    EXPECT_FALSE(saslprep("\xEF\xB7\xBA x"));
    EXPECT_TRUE(saslprep("\xEF\xB7\xBA"));
}

TEST(ScramKeys, ExampleOfRfc5802) {
    const std::string salt = *base64::decode("QSXCR+Q6sek8bf92");
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_1, "pencil", salt, 4096);
    const std::string_view auth_message =
        "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
    const std::string proof = *base64::decode("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    EXPECT_TRUE(verify_scram_proof(ScramHash::sha_1, keys.stored_key, auth_message, proof));
    EXPECT_FALSE(verify_scram_proof(ScramHash::sha_1, keys.stored_key, "another", proof));
    EXPECT_FALSE(verify_scram_proof(ScramHash::sha_1, keys.stored_key, auth_message, proof.substr(1)));
    EXPECT_EQ(base64::encode(scram_signature(ScramHash::sha_1, keys.server_key, auth_message)),
              "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

TEST(ScramKeys, ExampleOfRfc7677) {
    const std::string salt = *base64::decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_256, "pencil", salt, 4096);
    const std::string_view auth_message =
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
        "i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    EXPECT_TRUE(verify_scram_proof(ScramHash::sha_256, keys.stored_key, auth_message,
                                   *base64::decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")));
    EXPECT_EQ(base64::encode(scram_signature(ScramHash::sha_256, keys.server_key, auth_message)),
              "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(ScramKeys, AreReadAsTheyAreWritten) {
    const ScramKeys keys = *make_scram_keys(ScramHash::sha_256, "secret", "saltsaltsaltsalt", 4096);
    const std::string text = encode(keys);
    EXPECT_EQ(text,
              "4096,c2FsdHNhbHRzYWx0c2FsdA==,Ce3wZiZ+yIBCjltccfRiqM0+XDsLE3qPdkEeZKe3hus=,"
              "k3q4nlLsA09ST5FLo9zNmfyXR+Ci1J4KmBK5JRVSxeI=");
    const std::optional<ScramKeys> read = parse_scram_keys(ScramHash::sha_256, text);
    ASSERT_TRUE(read);
    EXPECT_EQ(encode(*read), text);
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha_1, text));
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha_256, text + ","));
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha_256, "4095" + text.substr(4)));
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha_256, "1000001" + text.substr(4)));
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha_256, ""));
}

}  // namespace
}  // namespace posthouse::sasl
