// Tests of auth/passwords.
#include "auth/passwords/password.h"

#include <gtest/gtest.h>

#include "auth/passwords/stored.h"

namespace posthouse::auth {
namespace {

const PasswordSettings cheap{.argon2 = {8192, 1}};

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

void expect_verified(std::string_view stored) {
    EXPECT_TRUE(check_stored_password(stored)) << stored;
    const Result<bool> right = verify_password(stored, "secret");
    ASSERT_TRUE(right) << stored;
    EXPECT_TRUE(*right) << stored;
    const Result<bool> wrong = verify_password(stored, "wrong");
    ASSERT_TRUE(wrong) << stored;
    EXPECT_FALSE(*wrong) << stored;
}

TEST(Password, HashesOfOtherProgramsAreVerified) {
    // What libxcrypt makes of the password "secret" with fixed salts.
    for (const std::string_view stored :
         {"{SHA512-CRYPT}$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq."
          "H91p5hVO1",
          "{SHA256-CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
          "{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
          "{MD5-CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//", "{MD5}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
          "{CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
          "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
          "{CRYPT}$y$j9T$saltsaltsaltsalt$.Zt5W26jjocuW0wIHGgB6AJelofw6GEpOypHGyow2y5",
          "$gy$j9T$saltsaltsaltsalt$BBJRbPW2s14hnQwjOB5zpgb2NVqa6Gfb4kgKtS5Oda9"})
        expect_verified(stored);
    // libargon2's command line, with one lane and with more.
    for (const std::string_view stored :
         {"{ARGON2ID}$argon2id$v=19$m=4096,t=2,p=1$c2FsdHNhbHRzYWx0$4Ez6TmL0LNAaYIVQYfmYb5V6rp5vpwWdrxyFMKb1Tp8",
          "{ARGON2ID}$argon2id$v=19$m=4096,t=2,p=4$c2FsdHNhbHRzYWx0$cIwIKiih9sJbREzi++chI6SsYlCxuCSGavOGn6RkQts",
          "{ARGON2I}$argon2i$v=19$m=4096,t=2,p=2$c2FsdHNhbHRzYWx0$TGipz4JOA7wTYFuE58EBCfe3ELNqwNjLf7QaASk0/yI",
          "$argon2i$v=19$m=4096,t=2,p=2$c2FsdHNhbHRzYWx0$TGipz4JOA7wTYFuE58EBCfe3ELNqwNjLf7QaASk0/yI"})
        expect_verified(stored);
    // Python's hashlib and hmac, with the salts "saltsalt" and "saltsaltsaltsalt".
    for (const std::string_view stored :
         {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SHA1}5en6G6MezRroT3XKqkdPOmY/BfQ=",
          "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
          "{SHA256}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
          "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
          "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
          "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69", "{SMD5}VAfQ6nCkaw9o3u+x706wnXNhbHRzYWx0",
          "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==",
          "{SSHA256}oBmrdHcA6OZEkkCLeXh71YAerbvhXz1qqwjrPsXmEtNzYWx0c2FsdA==",
          "{SSHA512}aCu7JRc+kLsuEmFs1zTY+AiP7DSGnjjG+dH28Dp+E5usqoAixeTPihKqZmkWal4mUfp63tqvCAkFV1LKTDFH6XNhbHRzYWx0",
          "{PBKDF2}$1$saltsaltsaltsalt$5000$8e455ae73af786d64f3a0b291ef71a407519dbe8",
          "{SCRAM-SHA-1}4096,c2FsdHNhbHRzYWx0c2FsdA==,rDEFCUExgaG3sJdXCceJEWtQAMA=,slSXyd5ql3g7UWtr94XvgGzqDcY=",
          "{SCRAM-SHA-256}4096,c2FsdHNhbHRzYWx0c2FsdA==,Ce3wZiZ+yIBCjltccfRiqM0+XDsLE3qPdkEeZKe3hus=,"
          "k3q4nlLsA09ST5FLo9zNmfyXR+Ci1J4KmBK5JRVSxeI="})
        expect_verified(stored);
    // Dovecot's doveadm pw, with a suffix.
    for (const std::string_view stored :
         {"{SHA256-CRYPT.B64}JDUkOFlYWEU4RXhmQ2F0alJHSyQ1Ly5abW9kN0xaWDNUZ0ZMQWhoaVV4SjRWSDVHaUkuN1ZtTC50VTBabDYz",
          "{SSHA.HEX}f6264070f0c6ed443797e5f8fb709cd885370a13ab616dd5", "{ssha.b64}DhkLF55Kbx7AKJ1m55BbkcQ5RzGr0uGg",
          "{PBKDF2.HEX}"
          "24312471722e324b596b6159454a4a724443562435303030243737326266333435633564326533343632646131333838353031373132"
          "6138"
          "336432393132343739",
          "{CRYPT.HEX}"
          "2432792430352465702e714e4d6978464433305a3744676779474c784f474a63573069745841786d65586a675a4275535239"
          "59316574373577445643",
          "{SHA512.BASE64}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
          "{PLAIN.B64}c2VjcmV0", "{MD5.HEX}243124646468423333395a246661755538626c637a39616479647131463668455430"})
        expect_verified(stored);
}

TEST(Password, AHashWithoutASchemeIsOfTheDefaultOne) {
    EXPECT_TRUE(*verify_password("5ebe2294ecd0e0f08eab7690d2a6ee69", "secret", "PLAIN-MD5"));
    EXPECT_TRUE(*verify_password("secret", "secret", "PLAIN"));
    EXPECT_TRUE(*verify_password("{PLAIN}secret", "secret", "SHA512-CRYPT"));
    EXPECT_FALSE(verify_password("5ebe2294ecd0e0f08eab7690d2a6ee69", "secret"));
}

TEST(Password, ScramKeysFitAPasswordHoweverItWasTyped) {
    // "é" as one character and as two; RFC 4013 makes them the same.
    PasswordSettings settings;
    settings.scheme = "SCRAM-SHA-256";
    const Result<std::string> stored = hash_password("caf\xC3\xA9", settings);
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->starts_with("{SCRAM-SHA-256}15000,")) << *stored;
    EXPECT_TRUE(*verify_password(*stored, "cafe\xCC\x81"));
    EXPECT_FALSE(*verify_password(*stored, "cafe"));
}

TEST(Password, EverySchemeThatIsMadeIsVerified) {
    for (const std::string_view scheme :
         {"ARGON2ID", "SCRAM-SHA-256", "SCRAM-SHA-1", "SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT"}) {
        PasswordSettings settings = cheap;
        settings.scheme = scheme;
        const Result<std::string> stored = hash_password("secret", settings);
        ASSERT_TRUE(stored) << scheme;
        EXPECT_TRUE(stored->starts_with("{" + std::string(scheme) + "}")) << *stored;
        expect_verified(*stored);
        EXPECT_FALSE(needs_rehash(*stored, settings));
    }
    PasswordSettings settings;
    settings.scheme = "BLF-CRYPT";
    EXPECT_EQ(hash_password(std::string(73, 'x'), settings).error().code, ErrorCode::invalid);
    settings.scheme = "SHA";
    EXPECT_EQ(hash_password("secret", settings).error().code, ErrorCode::unsupported);
}

TEST(Password, ErrorsNameTheSchemeAndNothingOfTheHash) {
    EXPECT_EQ(verify_password("{NTLM}abcdef", "secret").error().text,
              "Password cannot be verified: unknown scheme {NTLM}");
    EXPECT_EQ(verify_password("{my {secret}", "x").error().text, "Password cannot be verified: unknown scheme");
    for (const std::string_view stored : {"{SSHA}abcdef", "{SSHA256.HEX}abcdef0", "{PBKDF2}abcdef", "abcdef",
                                          "{SCRAM-SHA-1}abcdef", "{ARGON2ID}abcdef", "{CRYPT}abcdef"}) {
        const Result<bool> verdict = verify_password(stored, "secret");
        ASSERT_FALSE(verdict) << stored;
        EXPECT_EQ(verdict.error().message().find("abcdef"), std::string::npos) << verdict.error().message();
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
          "{SHA512-CRYPT}$6$rounds=999999999$salt$hash",
          "$y$jGT$saltsaltsaltsalt$.Zt5W26jjocuW0wIHGgB6AJelofw6GEpOypHGyow2y5",
          "$y$jzT$saltsaltsaltsalt$.Zt5W26jjocuW0wIHGgB6AJelofw6GEpOypHGyow2y5",
          "{ARGON2ID}$argon2id$v=19$m=4096,t=1,p=64$c2FsdHNhbHRzYWx0c2E$aGFzaA",
          "{PBKDF2}$1$saltsaltsaltsalt$5000000$8e455ae73af786d64f3a0b291ef71a407519dbe8",
          "{SCRAM-SHA-1}5000000,c2FsdHNhbHRzYWx0c2FsdA==,rDEFCUExgaG3sJdXCceJEWtQAMA=,slSXyd5ql3g7UWtr94XvgGzqDcY="})
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
    EXPECT_TRUE(needs_rehash("{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA=="));
    EXPECT_FALSE(needs_rehash("{NTLM}abc"));
    // SCRAM log-ins need these keys.
    const std::string_view keys =
        "{SCRAM-SHA-1}4096,c2FsdHNhbHRzYWx0c2FsdA==,rDEFCUExgaG3sJdXCceJEWtQAMA=,slSXyd5ql3g7UWtr94XvgGzqDcY=";
    EXPECT_FALSE(needs_rehash(keys));
    PasswordSettings scram;
    scram.scheme = "SCRAM-SHA-1";
    EXPECT_TRUE(needs_rehash(keys, scram));
    scram.scram_iterations = 4096;
    EXPECT_FALSE(needs_rehash(keys, scram));
    scram.scheme = "SCRAM-SHA-256";
    EXPECT_TRUE(needs_rehash(keys, scram));
    EXPECT_TRUE(needs_rehash(*hash_password("x", cheap), scram));
}

TEST(Password, GeneratedOnesDifferAndCanBeReadAloud) {
    const std::string one = generate_password();
    EXPECT_EQ(one.size(), 20u);
    EXPECT_EQ(one.find_first_of("lI1O0o"), std::string::npos);
    EXPECT_NE(one, generate_password());
}

TEST(Password, ItsKindAndCostAreToldWithoutTheHash) {
    const auto kind = [](std::string_view stored) {
        const Result<PasswordKind> found = kind_of_password(stored);
        return found ? found->scheme + ": " + found->cost : found.error().text;
    };
    EXPECT_EQ(kind(*hash_password("x")), "ARGON2ID: 19 MiB, 2 passes, 1 lane");
    EXPECT_EQ(kind(*hash_password("x", {.scheme = "SCRAM-SHA-256", .scram_iterations = 5000})),
              "SCRAM-SHA-256: 5000 iterations");
    EXPECT_EQ(kind(*hash_password("x", {.scheme = "SHA512-CRYPT"})), "SHA512-CRYPT: SHA-512, 100000 rounds");
    EXPECT_EQ(kind(*hash_password("x", {.scheme = "BLF-CRYPT"})), "BLF-CRYPT: bcrypt, cost 11");
    EXPECT_EQ(kind("{MD5-CRYPT}$1$salt$qJH7.N4xYta3aEG/dfqo/0"), "MD5-CRYPT: MD5, 1000 rounds");
    EXPECT_EQ(kind("{PLAIN}secret"), "PLAIN: ");
    EXPECT_EQ(kind("{NTLM}secret").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::auth
