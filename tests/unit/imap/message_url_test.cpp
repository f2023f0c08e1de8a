// Tests of lib/imap/message_url.h.
#include "lib/imap/message_url.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

using Text = Section::Text;

TEST(MessageUrl, ReadsTheExamplesOfRfc4469) {
    const auto header = parse_message_url("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER");
    ASSERT_TRUE(header);
    EXPECT_EQ(*header, (MessageUrl{.user = {},
                                   .host = {},
                                   .mailbox = "Drafts",
                                   .uid_validity = 385759045,
                                   .uid = 20,
                                   .section = {.part = {}, .text = Text::header, .fields = {}},
                                   .offset = 0,
                                   .count = {}}));
    const auto mime = parse_message_url("/Drafts;UIDVALIDITY=385759045/;UID=30/;section=1.MIME");
    ASSERT_TRUE(mime);
    EXPECT_EQ(mime->section.part, std::vector<std::uint32_t>{1});
    EXPECT_EQ(mime->section.text, Text::mime);
    // Relative to the selected mailbox.
    const auto relative = parse_message_url(";UIDVALIDITY=785799047/;UID=113330;section=1.5.9");
    ASSERT_TRUE(relative);
    EXPECT_EQ(relative->mailbox, "");
    EXPECT_EQ(relative->uid_validity, 785799047u);
    EXPECT_EQ(relative->uid, 113330u);
    EXPECT_EQ(relative->section.part, (std::vector<std::uint32_t>{1, 5, 9}));
}

TEST(MessageUrl, ReadsTheExamplesOfRfc5092) {
    const auto whole = parse_message_url(
        "imap://minbari.example.org/gray-council;UIDVALIDITY=385759045/;UID=20/"
        ";PARTIAL=0.1024");
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->host, "minbari.example.org");
    EXPECT_EQ(whole->user, "");
    EXPECT_EQ(whole->mailbox, "gray-council");
    EXPECT_EQ(whole->offset, 0u);
    EXPECT_EQ(whole->count, 1024u);
    EXPECT_EQ(whole->section, Section());
    const auto user = parse_message_url("imap://michael;AUTH=*@Example.org:1143/INBOX/;UID=20/;SECTION=1.2");
    ASSERT_TRUE(user);
    EXPECT_EQ(user->user, "michael");
    EXPECT_EQ(user->host, "example.org");
    EXPECT_EQ(user->mailbox, "INBOX");
    EXPECT_EQ(user->uid_validity, std::nullopt);
    // RFC 5092 §9: a mailbox's name is UTF-8, and encoded.
    EXPECT_EQ(parse_message_url("imap://h/%E5%8F%B0%E5%8C%97/%E6%97%A5%E6%9C%AC%E8%AA%9E/;UID=1")->mailbox,
              "台北/日本語");
    EXPECT_EQ(parse_message_url("imap://joe@[::1]:143/INBOX/;UID=1")->host, "[::1]");
}

TEST(MessageUrl, TheSelectedMailboxNeedNotBeNamed) {
    for (const char* text : {";UID=7", "/;UID=7"}) {
        const auto url = parse_message_url(text);
        ASSERT_TRUE(url) << text;
        EXPECT_EQ(url->uid, 7u);
        EXPECT_EQ(url->mailbox, "");
    }
}

TEST(MessageUrl, SectionsMayHoldFieldNames) {
    const auto url = parse_message_url("/INBOX/;UID=7/;SECTION=HEADER.FIELDS%20(From%20To)/;PARTIAL=3");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->section.text, Text::header_fields);
    EXPECT_EQ(url->section.fields, (std::vector<std::string>{"From", "To"}));
    EXPECT_EQ(url->offset, 3u);
    EXPECT_EQ(url->count, std::nullopt);
}

TEST(MessageUrl, WhatIsNoneIsInvalid) {
    for (const char* text : {"",
                             "/",
                             "/INBOX",
                             "/INBOX;UIDVALIDITY=1",
                             "/INBOX/;UID=0",
                             "/INBOX/;UID=4294967296",
                             "/INBOX/;UID=",
                             "/INBOX/;UID=x",
                             "/INBOX;UIDVALIDITY=0/;UID=1",
                             "http://h/INBOX/;UID=1",
                             "imap:///INBOX/;UID=1",
                             "imap://h/;UID=1",
                             "//;UID=1",
                             "/IN%BOX/;UID=1",
                             "/IN%4/;UID=1",
                             "/a%00b/;UID=1",
                             "/a%0Ab/;UID=1",
                             "/%FF/;UID=1",
                             "/INBOX/;UID=1/;SECTION=",
                             "/INBOX/;UID=1/;SECTION=0",
                             "/INBOX/;UID=1/;SECTION=1]",
                             "/INBOX/;UID=1/;SECTION=BODY",
                             "/INBOX/;UID=1/;PARTIAL=",
                             "/INBOX/;UID=1/;PARTIAL=0.0",
                             "/INBOX/;UID=1/;PARTIAL=1.x",
                             "/INBOX/;UID=1/;PARTIAL=-1",
                             "/INBOX/;UID=1/x",
                             "/INBOX/;UID=1?x",
                             "INBOX/;UID=1"})
        EXPECT_FALSE(parse_message_url(text)) << text;
    EXPECT_FALSE(parse_message_url("/" + std::string(kMaxUrl, 'x') + "/;UID=1"));
    EXPECT_EQ(parse_message_url("imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354")
                  .error()
                  .text,
              "URLs with URLAUTH are not supported");
}

}  // namespace
}  // namespace posthouse::imap
