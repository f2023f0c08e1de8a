// Tests of the rules for passwords that people choose.
#include <gtest/gtest.h>

#include <fstream>

#include "auth/passwords/common_passwords.h"
#include "auth/passwords/rules.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {
namespace {

std::string wrong(std::string_view password, const PasswordRules& rules = {},
                  std::string_view email = "joan@x.example") {
    const ChosenPassword chosen{email, password};
    const auto checked = check_chosen(std::span(&chosen, 1), rules);
    return checked ? checked->front() : "error: " + checked.error().message();
}

constexpr const char* too_short = "The password must have at least 8 characters";
constexpr const char* has_name = "The password must not contain the user's name";
constexpr const char* known = "The password is known to everybody who guesses at passwords";

TEST(PasswordRules, LengthIsInCharacters) {
    EXPECT_EQ(wrong("xkcdwpq"), too_short);
    EXPECT_EQ(wrong("xkcdwpqv"), "");
    EXPECT_EQ(wrong("p\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"), too_short) << "five, in nine bytes";
    EXPECT_EQ(wrong("xkcd", {.min_length = 4}), "");
}

TEST(PasswordRules, WhatEverybodyTriesFirstIsRefused) {
    for (const char* password : {"password", "Passw0rd1", "QWERTZUIOP", "1q2w3e4r", "iloveyou", "zzzzzzzzzzzzzzz"})
        EXPECT_EQ(wrong(password), known) << password;
    EXPECT_FALSE(is_common_password(""));
    EXPECT_FALSE(is_common_password("passwordless"));
}

TEST(PasswordRules, TheUsersNameIsNoPartOfIt) {
    EXPECT_EQ(wrong("xkcdJOANxkcd"), has_name);
    EXPECT_EQ(wrong("joe-xkcd-wpq", {}, "joe@x.example"), "") << "short names are in many passwords by chance";
}

TEST(PasswordRules, AFileHasMoreThatAreRefused) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/known";
    std::ofstream(path) << "Xkcdwpqv1\r\n" << std::string(200'000, 'x') << "\n\nxkcdwpqv2\nlast one here";
    const PasswordRules rules{.min_length = 8, .denylist = path};
    for (const char* password : {"xkcdwpqv1", "XKCDWPQV2", "Last one here"})
        EXPECT_EQ(wrong(password, rules), known) << password;
    EXPECT_EQ(wrong("xkcdwpqv3", rules), "");
    EXPECT_EQ(wrong("short", rules), too_short);
    const std::vector<ChosenPassword> many{{"a@x", "xkcdwpqv2"}, {"b@x", "xkcdwpqv3"}, {"c@x", "Xkcdwpqv2"}};
    EXPECT_EQ(*check_chosen(many, rules), (std::vector<std::string>{known, "", known}));
    const std::string error = wrong("xkcdwpqv1", {.min_length = 8, .denylist = path + ".absent"});
    EXPECT_TRUE(error.starts_with("error: auth.password_denylist cannot be read")) << error;
}

}  // namespace
}  // namespace posthouse::auth
