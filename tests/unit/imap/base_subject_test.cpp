// Tests of lib/imap/base_subject.h.
#include "lib/imap/base_subject.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

std::string text(std::string_view value) { return base_subject(value).text; }
bool is_reply(std::string_view value) { return base_subject(value).is_reply; }

TEST(BaseSubject, APlainSubjectStaysAsItIs) {
    EXPECT_EQ(text("Lunch on Friday"), "Lunch on Friday");
    EXPECT_FALSE(is_reply("Lunch on Friday"));
    EXPECT_EQ(text(""), "");
}

TEST(BaseSubject, MarksOfRepliesAndForwardsGo) {
    for (const std::string_view value :
         {"Re: Lunch", "RE:Lunch", "re  : Lunch", "Fw: Lunch", "Fwd: Lunch", "Re[2]: Lunch", "Re [x] : Lunch",
          "Re: fwd: RE: Lunch", "[list] Re: Lunch", "[a] [b] re: Lunch", "Lunch (fwd)", "Lunch (fwd) (FWD)",
          "[fwd: Lunch]", "[Fwd: Re: Lunch (fwd)]", "Re: [fwd: [fwd: Lunch]]"}) {
        EXPECT_EQ(text(value), "Lunch") << value;
        EXPECT_TRUE(is_reply(value)) << value;
    }
}

TEST(BaseSubject, BlobsGoAsLongAsSomethingIsLeft) {
    EXPECT_EQ(text("[list] Lunch"), "Lunch");
    EXPECT_EQ(text("[a][b] [c] Lunch [d]"), "Lunch [d]");
    EXPECT_EQ(text("[list]"), "[list]");
    EXPECT_EQ(text("[a] [list]"), "[list]");
    EXPECT_EQ(text("Re: [a] [list] "), "[list]");
    EXPECT_FALSE(is_reply("[a] [list]"));
    EXPECT_EQ(text("[not [a] blob] x"), "[not [a] blob] x");
    EXPECT_EQ(text("[open"), "[open");
}

TEST(BaseSubject, WhatOnlyLooksLikeAMarkStays) {
    EXPECT_EQ(text("Refund: yes"), "Refund: yes");
    EXPECT_EQ(text("Re Lunch"), "Re Lunch");
    EXPECT_EQ(text("AW: Mittag"), "AW: Mittag");
    EXPECT_EQ(text("(fwd) Lunch"), "(fwd) Lunch");
    EXPECT_EQ(text("[fwd: Lunch"), "[fwd: Lunch");
    EXPECT_FALSE(is_reply("Refund: yes"));
}

TEST(BaseSubject, NothingMayBeLeft) {
    EXPECT_EQ(text("Re:"), "");
    EXPECT_EQ(text("Re: Re: (fwd)"), "");
    EXPECT_EQ(text("[fwd:]"), "");
    EXPECT_TRUE(is_reply("Re:"));
}

TEST(BaseSubject, WordsAreDecodedAndWhiteSpaceIsOneSpace) {
    EXPECT_EQ(text(" =?utf-8?q?Re=3A_Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?=\tWien\r\n"), "Grüße aus Wien");
    EXPECT_EQ(text("a  \t b\r\n\tc"), "a b c");
    EXPECT_EQ(text("caf\xe9"), "café");
}

TEST(BaseSubject, LongHostileSubjectsEnd) {
    std::string blobs;
    std::string forwards;
    for (int i = 0; i < 300'000; ++i) {
        blobs += "[a]";
        forwards += "[fwd:";
    }
    EXPECT_LE(text(blobs).size(), kMaxSubject);
    EXPECT_EQ(text(forwards.substr(0, 2000) + "x" + std::string(400, ']')), "x");
}

}  // namespace
}  // namespace posthouse::imap
