// Tests of auth/passwords.
#include "auth/passwords/password.h"

#include <gtest/gtest.h>

#include "auth/passwords/stored.h"

namespace posthouse::auth {
namespace {

const Argon2Cost cheap{8192, 1};

TEST(Password, AHashFitsItsPasswordOnly) {
    const Result<std::string> hash = hash_password(
        "s\xC3\xA4"
        "cret",
        cheap);
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("{ARGON2ID}$argon2id$v=19$m=8,t=1,p=1$")) << *hash;
    EXPECT_TRUE(*verify_password(*hash,
                                 "s\xC3\xA4"
                                 "cret"));
    EXPECT_FALSE(*verify_password(*hash, "secret"));
    EXPECT_FALSE(*verify_password(*hash, ""));
    EXPECT_NE(*hash, *hash_password("s\xC3\xA4"
                                    "cret",
                                    cheap));
}

TEST(Password, TheDefaultCostIsNineteenMebibytes) {
    const Result<std::string> hash = hash_password("secret");
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
}

TEST(Password, HashesOfOtherProgramsAreVerified) {
    // What libxcrypt makes of the password "secret" with fixed salts.
    for (const std::string_view stored :
         {"{SHA512-CRYPT}$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq."
          "H91p5hVO1",
          "{SHA256-CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
          "{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
          "{MD5-CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
          "{CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//"}) {
        EXPECT_TRUE(check_stored_password(stored)) << stored;
        const Result<bool> right = verify_password(stored, "secret");
        ASSERT_TRUE(right) << stored;
        EXPECT_TRUE(*right) << stored;
        const Result<bool> wrong = verify_password(stored, "wrong");
        ASSERT_TRUE(wrong) << stored;
        EXPECT_FALSE(*wrong);
    }
}

TEST(Password, PlainOnesAreCompared) {
    EXPECT_TRUE(*verify_password("{PLAIN}secret", "secret"));
    EXPECT_TRUE(*verify_password("{cleartext}secret", "secret"));
    EXPECT_FALSE(*verify_password("{PLAIN}secret", "Secret"));
    EXPECT_FALSE(*verify_password("{PLAIN}secret", "secre"));
}

TEST(Password, UnknownAndDamagedHashesAreErrorsNotWrongPasswords) {
    for (const std::string_view stored :
         {"", "{NTLM}abc", "{ARGON2ID", "{ARGON2ID}", "{ARGON2ID}$argon2id$v=19$m=8,t=1", "{SHA512-CRYPT}$5$x$y",
          "{BLF-CRYPT}abc", "!", "*", "{CRYPT}", "{CRYPT}ab1234567890x", "{PLAIN}", "$y$j9T$abc$def"}) {
        const Result<bool> verdict = verify_password(stored, "secret");
        ASSERT_FALSE(verdict) << stored;
        EXPECT_EQ(verdict.error().code, ErrorCode::unsupported);
        EXPECT_FALSE(check_stored_password(stored));
    }
}

TEST(Password, HashesThatCostTooMuchAreNotComputed) {
    for (const std::string_view stored :
         {"{ARGON2ID}$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaA",
          "{ARGON2ID}$argon2id$v=19$m=8,t=1000000,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaA",
          "{ARGON2ID}$argon2id$v=19$m=8,t=1,p=4$c2FsdHNhbHRzYWx0c2E$aGFzaA", "{BLF-CRYPT}$2y$31$abcdefghijklmnopqrstuu",
          "{SHA512-CRYPT}$6$rounds=999999999$salt$hash"})
        EXPECT_EQ(verify_password(stored, "secret").error().code, ErrorCode::unsupported) << stored;
}

TEST(Password, PasswordsAreBounded) {
    EXPECT_FALSE(hash_password("", cheap));
    EXPECT_FALSE(hash_password(std::string(max_password + 1, 'x'), cheap));
    EXPECT_TRUE(hash_password(std::string(max_password, 'x'), cheap));
    EXPECT_FALSE(hash_password(std::string_view("a\0b", 3), cheap));
    EXPECT_FALSE(*verify_password("{PLAIN}a", std::string_view("a\0b", 3)));
}

TEST(Password, WeakerHashesAreToBeReplaced) {
    EXPECT_TRUE(needs_rehash("{SHA512-CRYPT}$6$saltsalt$x"));
    EXPECT_TRUE(needs_rehash("{PLAIN}secret"));
    EXPECT_TRUE(needs_rehash(*hash_password("x", cheap)));
    EXPECT_FALSE(needs_rehash(*hash_password("x", cheap), cheap));
}

TEST(Password, GeneratedOnesDifferAndCanBeReadAloud) {
    const std::string one = generate_password();
    EXPECT_EQ(one.size(), 20u);
    EXPECT_EQ(one.find_first_of("lI1O0o"), std::string::npos);
    EXPECT_NE(one, generate_password());
}

}  // namespace
}  // namespace posthouse::auth
