// Tests of lib/imap/notify_command.h and lib/imap/mailbox_filter.h.
#include "lib/imap/notify_command.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

using Kind = MailboxFilter::Kind;

Result<Notify> parse(std::string_view command) { return parse_arguments<Notify>(*read_head(command)); }
std::string error_of(std::string_view command) {
    const auto parsed = parse(command);
    return parsed ? "" : parsed.error().text;
}

TEST(Notify, ReadsTheExampleOfRfc5465) {
    const auto notify = parse(
        "b notify set status (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) "
        "(subtree Lists (MessageNew MessageExpunge))");
    ASSERT_TRUE(notify) << error_of("b");
    EXPECT_TRUE(notify->status);
    ASSERT_EQ(notify->groups.size(), 2u);
    EXPECT_EQ(notify->groups[0].filter.kind, Kind::selected);
    EXPECT_EQ(notify->groups[0].events, kMessageNew | kMessageExpunge);
    ASSERT_EQ(notify->groups[0].items.size(), 2u);
    EXPECT_EQ(notify->groups[0].items[0].kind, FetchItem::Kind::uid);
    EXPECT_EQ(notify->groups[0].items[1].section.fields.size(), 3u);
    EXPECT_EQ(notify->groups[1].filter.kind, Kind::subtree);
    EXPECT_EQ(notify->groups[1].filter.names, std::vector<std::string>{"Lists"});
}

TEST(Notify, ReadsEveryFilterAndEvent) {
    const auto notify = parse(
        "a NOTIFY SET (selected-delayed (FlagChange MessageNew MessageExpunge AnnotationChange)) (inboxes NONE) "
        "(personal "
        "(MailboxName)) "
        "(subscribed (SubscriptionChange mailboxmetadatachange)) (mailboxes (a \"b c\") (ServerMetadataChange))");
    ASSERT_TRUE(notify);
    EXPECT_FALSE(notify->status);
    ASSERT_EQ(notify->groups.size(), 5u);
    EXPECT_EQ(notify->groups[0].events, kMessageEvents);
    EXPECT_EQ(notify->groups[1].events, 0);
    EXPECT_EQ(notify->groups[3].events, kSubscriptionChange | kMailboxMetadataChange);
    EXPECT_EQ(notify->groups[4].filter.names, (std::vector<std::string>{"a", "b c"}));
    EXPECT_EQ(notify->groups[4].events, kServerMetadataChange);
    EXPECT_TRUE(parse("a NOTIFY NONE")->groups.empty());
}

// RFC 5465 §5
TEST(Notify, EventsThatAreNotThereAreRefusedWithThoseThatAre) {
    for (const char* event : {"DogChange", "CatChange"}) {
        const auto notify = parse("a NOTIFY SET (personal (MessageNew MessageExpunge " + std::string(event) + "))");
        ASSERT_FALSE(notify);
        EXPECT_EQ(notify.error().code, ErrorCode::unsupported);
        EXPECT_TRUE(notify.error().text.starts_with(
            "[BADEVENT (MessageNew MessageExpunge FlagChange AnnotationChange MailboxName SubscriptionChange "
            "MailboxMetadataChange ServerMetadataChange)] "));
    }
}

TEST(Notify, WhatMakesNoSenseIsRefused) {
    for (const char* wrong :
         {"a NOTIFY", "a NOTIFY SET", "a NOTIFY SET STATUS", "a NOTIFY SET ()", "a NOTIFY SET (personal)",
          "a NOTIFY SET (personal ())", "a NOTIFY SET (personal (MessageNew))",
          "a NOTIFY SET (personal (MessageExpunge))", "a NOTIFY SET (personal (FlagChange))",
          "a NOTIFY SET (personal (AnnotationChange))", "a NOTIFY SET (personal (MessageNew (uid) MessageExpunge))",
          "a NOTIFY SET (selected (MessageNew () MessageExpunge))", "a NOTIFY SET (selected (MailboxName))",
          "a NOTIFY SET (selected-delayed (MessageNew MessageExpunge MailboxName))",
          "a NOTIFY SET (selected NONE) (selected-delayed NONE)", "a NOTIFY SET (subtree (MailboxName))",
          "a NOTIFY SET (everywhere (MailboxName))", "a NOTIFY NONE (personal NONE)",
          "a NOTIFY SET (personal NONE) "}) {
        EXPECT_FALSE(parse(wrong)) << wrong;
        EXPECT_FALSE(error_of(wrong).starts_with("[BADEVENT")) << wrong;
    }
    std::string many = "a NOTIFY SET";
    for (std::size_t i = 0; i <= kMaxFilters; ++i) many += " (personal NONE)";
    EXPECT_EQ(parse(many).error().code, ErrorCode::limit);
    std::string names = "a NOTIFY SET (mailboxes (";
    for (std::size_t i = 0; i <= kMaxFilteredNames; ++i) names += "a ";
    EXPECT_EQ(parse(names + "a) NONE)").error().code, ErrorCode::limit);
}

// RFC 7377 §3
TEST(Esearch, ReadsTheExampleOfRfc7377) {
    const auto parse_esearch = [](std::string_view command) { return parse_arguments<Esearch>(*read_head(command)); };
    const auto search = parse_esearch("tag1 ESEARCH IN (mailboxes \"folder1\" subtree \"folder2\") unseen");
    ASSERT_TRUE(search);
    ASSERT_EQ(search->sources.size(), 2u);
    EXPECT_EQ(search->sources[0].kind, Kind::mailboxes);
    EXPECT_EQ(search->sources[1].kind, Kind::subtree);
    EXPECT_EQ(search->returns, kReturnAll);
    EXPECT_TRUE(search->by_uid);
    EXPECT_TRUE(parse_esearch("a ESEARCH IN (subtree-one x) RETURN (COUNT) CHARSET UTF-8 ALL"));
    EXPECT_TRUE(parse_esearch("a ESEARCH ALL")->sources.empty());
    for (const char* wrong :
         {"a ESEARCH", "a ESEARCH IN () ALL", "a ESEARCH IN (personal)", "a ESEARCH IN personal ALL",
          "a ESEARCH IN (personal (x)) ALL", "a ESEARCH IN (nowhere) ALL", "a ESEARCH IN (selected-delayed) ALL",
          "a ESEARCH IN (personal selected-delayed) ALL"})
        EXPECT_FALSE(parse_esearch(wrong)) << wrong;
}

}  // namespace
}  // namespace posthouse::imap
