// Tests of lists of services.
#include <gtest/gtest.h>

#include "auth/directory/services.h"

namespace posthouse::auth {
namespace {

TEST(Services, AnEmptyListIsAll) {
    for (const char* list : {"", " ", ", "}) {
        EXPECT_TRUE(Services(list).all()) << list;
        EXPECT_TRUE(Services(list).allow("imap")) << list;
        EXPECT_TRUE(Services(list).allow("")) << list;
    }
}

TEST(Services, OnlyWhatIsListedIsAllowed) {
    const Services services("IMAP,smtp  sieve");
    for (const char* name : {"imap", "Imap", "imaps", "smtp", "submission", "submissions", "sieve"})
        EXPECT_TRUE(services.allow(name)) << name;
    for (const char* name : {"pop3", "pop3s", "http", "", "ima", "imap smtp", "s"})
        EXPECT_FALSE(services.allow(name)) << name;
    EXPECT_FALSE(Services("nonsense").allow("imap"));
}

TEST(Services, WhatPeopleTypeIsChecked) {
    EXPECT_EQ(Services::parse("smtp, imap smtp")->text(), "imap smtp");
    EXPECT_EQ(Services::parse("HTTP")->text(), "http");
    EXPECT_TRUE(Services::parse("All")->all());
    for (const char* list : {"", ",", "ftp", "all imap", "imap;smtp"})
        EXPECT_EQ(Services::parse(list).error().code, ErrorCode::invalid) << list;
}

}  // namespace
}  // namespace posthouse::auth
