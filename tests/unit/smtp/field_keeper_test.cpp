// One field out of a header that comes in pieces.
#include "lib/smtp/field_keeper.h"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

std::string kept(std::string_view content, std::size_t piece) {
    FieldKeeper keeper("Message-ID:");
    for (std::size_t at = 0; at < content.size(); at += piece) keeper.feed(content.substr(at, piece));
    return keeper.value();
}

TEST(FieldKeeper, KeepsTheValueHoweverTheContentComes) {
    const std::string_view content =
        "Received: from a\r\n\tby b; Message-ID: <no@example.org>\r\nmessage-id:\r\n <1@example.org>\r\nSubject: x\r\n"
        "Message-ID: <2@example.org>\r\n\r\nMessage-ID: <3@example.org>\r\n";
    for (std::size_t piece = 1; piece <= content.size(); ++piece) EXPECT_EQ(kept(content, piece), " <1@example.org>");
}

TEST(FieldKeeper, LooksNoFurtherThanTheHeader) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
        EXPECT_EQ(kept("Subject: x\r\n\r\nMessage-ID: <1@example.org>\r\n", piece), "");
        EXPECT_EQ(kept("Subject: x\n\nMessage-ID: <1@example.org>\n", piece), "");
        EXPECT_EQ(kept("\r\nMessage-ID: <1@example.org>\r\n", piece), "");
        EXPECT_EQ(kept("Message-IDs: <1@example.org>\r\nMessage-I: x\r\n\r\n", piece), "");
        EXPECT_EQ(kept("Message-ID: <1@example.org>\r\n\r\n x", piece), " <1@example.org>");
    }
}

TEST(FieldKeeper, KeepsNoMoreThanItMay) {
    EXPECT_EQ(kept("Message-ID:" + std::string(5000, 'x') + "\r\n\r\n", 100), std::string(FieldKeeper::max_value, 'x'));
}

}  // namespace
}  // namespace posthouse::smtp
