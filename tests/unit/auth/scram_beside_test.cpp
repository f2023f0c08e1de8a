// Tests of SCRAM keys beside a hash of another scheme.
#include "auth/passwords/scram_beside.h"

#include <gtest/gtest.h>

#include "auth/passwords/password.h"
#include "auth/passwords/scram.h"

namespace posthouse::auth {
namespace {

constexpr auto sha_256 = sasl::ScramHash::sha_256;
constexpr auto sha_1 = sasl::ScramHash::sha_1;

const PasswordSettings both{
    .argon2 = {8192, 1}, .scram_iterations = 4096, .scram_keys = {"SCRAM-SHA-256", "SCRAM-SHA-1"}};

PasswordSettings with_scheme(std::string scheme) {
    PasswordSettings settings = both;
    settings.scheme = std::move(scheme);
    return settings;
}

TEST(ScramBeside, KeysBesideAHashServeForScram) {
    const std::string stored = *hash_password("secret", both);
    const std::string beside = *make_scram_beside(stored, "secret", both);
    EXPECT_TRUE(beside.starts_with("sha256:")) << beside;
    EXPECT_LT(beside.size(), 1024u);
    for (const sasl::ScramHash hash : {sha_256, sha_1}) {
        const Result<ScramSecret> secret = scram_secret(stored, beside, hash);
        ASSERT_TRUE(secret);
        const std::string salted = *sasl::scram_salted_password(hash, "secret", secret->keys->salt, 4096);
        EXPECT_EQ(sasl::scram_server_key(hash, salted), secret->keys->server_key);
    }
    EXPECT_FALSE(scram_secret(stored, "", sha_256));
}

TEST(ScramBeside, KeysOfAnEarlierPasswordAreNotUsed) {
    const std::string beside = *make_scram_beside(*hash_password("secret", both), "secret", both);
    const std::string changed = *hash_password("fresh", both);
    const Result<ScramSecret> secret = scram_secret(changed, beside, sha_256);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().text, "Password cannot be verified: its SCRAM keys belong to another stored password");
    EXPECT_TRUE(needs_scram_beside(changed, beside, both));
}

TEST(ScramBeside, OnlyWhatTheStoredPasswordCannotDoIsKept) {
    const std::string stored = *hash_password("secret", with_scheme("SCRAM-SHA-256"));
    EXPECT_TRUE(needs_scram_beside(stored, "", both));
    const std::string beside = *make_scram_beside(stored, "secret", both);
    EXPECT_EQ(beside.find("{SCRAM-SHA-256}"), std::string::npos) << beside;
    EXPECT_NE(beside.find("{SCRAM-SHA-1}"), std::string::npos) << beside;
    EXPECT_FALSE(needs_scram_beside(stored, beside, both));
    EXPECT_TRUE(scram_secret(stored, beside, sha_1));
    EXPECT_EQ(*make_scram_beside("{PLAIN}secret", "secret", both), "");
    EXPECT_FALSE(needs_scram_beside("{PLAIN}secret", "", both));
    EXPECT_FALSE(needs_scram_beside(*hash_password("secret", both), "", {}));
}

TEST(ScramBeside, KeysWithFewerIterationsThanWantedAreMadeAnew) {
    const std::string stored = *hash_password("secret", both);
    const std::string beside = *make_scram_beside(stored, "secret", both);
    EXPECT_FALSE(needs_scram_beside(stored, beside, both));
    PasswordSettings more = both;
    more.scram_iterations = 5000;
    EXPECT_TRUE(needs_scram_beside(stored, beside, more));
}

TEST(ScramBeside, APasswordThatSaslprepRefusesHasNoKeys) {
    const std::string bell = "sec\aret";
    EXPECT_EQ(*make_scram_beside(*hash_password(bell, both), bell, both), "");
}

TEST(ScramBeside, DamagedKeysAreRefused) {
    const std::string stored = *hash_password("secret", both);
    const std::string beside = *make_scram_beside(stored, "secret", both);
    const std::string binding = beside.substr(0, beside.find(' '));
    EXPECT_FALSE(*find_scram_beside(stored, binding, sha_256));
    EXPECT_FALSE(*find_scram_beside(stored, binding + " {SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==", sha_256));
    for (const std::string& damaged : {binding + " {SCRAM-SHA-256}4096,c2FsdA==", binding + "  ", " " + beside,
                                       beside.substr(1), binding + std::string(3000, ' ')})
        EXPECT_FALSE(find_scram_beside(stored, damaged, sha_256)) << damaged;
}

TEST(ScramBeside, ScramKeysAreHashedAnewOnlyWhenTheyAreKeptBeside) {
    const std::string stored = *hash_password("secret", with_scheme("SCRAM-SHA-256"));
    EXPECT_TRUE(needs_rehash(stored, both));
    EXPECT_FALSE(needs_rehash(stored, {}));
}

}  // namespace
}  // namespace posthouse::auth
