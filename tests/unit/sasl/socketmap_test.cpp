// Tests of lib/sasl/socketmap.h.
#include "lib/sasl/socketmap.h"

#include <gtest/gtest.h>

namespace posthouse::sasl {
namespace {

using Status = SocketmapReply::Status;

TEST(Netstring, ArrivesInAnyPieces) {
    const std::string stream =
        encode_netstring("mailbox joe@example.org") + encode_netstring("") + encode_netstring("x");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        NetstringReader reader;
        std::vector<std::string> taken;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            reader.feed(std::string_view(stream).substr(at, piece));
            for (;;) {
                Result<std::optional<std::string>> next = reader.next();
                ASSERT_TRUE(next);
                if (!*next) break;
                taken.push_back(std::move(**next));
            }
        }
        EXPECT_EQ(taken, (std::vector<std::string>{"mailbox joe@example.org", "", "x"}));
        EXPECT_EQ(reader.buffered(), 0u);
    }
}

TEST(Netstring, LengthOverTheBoundIsSeenBeforeItsPayload) {
    NetstringReader reader(10);
    reader.feed("11");
    EXPECT_EQ(reader.next().error().code, ErrorCode::limit);
    NetstringReader endless;
    endless.feed(std::string(1000, '9'));
    EXPECT_EQ(endless.next().error().code, ErrorCode::limit);
}

TEST(Netstring, MalformedOnesAreErrors) {
    for (const std::string_view bad : {"x", ":", "3abc,", "01:a,", "3:abcd", "-1:a,", " 1:a,"}) {
        NetstringReader reader;
        reader.feed(bad);
        EXPECT_FALSE(reader.next()) << bad;
    }
}

TEST(Socketmap, TheKeyMayHoldSpaces) {
    const Result<SocketmapRequest> request = parse_socketmap_request("alias \"a b\"@example.org");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->map, "alias");
    EXPECT_EQ(request->key, "\"a b\"@example.org");
    EXPECT_FALSE(parse_socketmap_request("alias"));
    EXPECT_FALSE(parse_socketmap_request(" key"));
    EXPECT_EQ(encode(SocketmapRequest{"domain", "example.org"}), "18:domain example.org,");
}

TEST(Socketmap, RepliesHaveTheWordsOfPostfix) {
    EXPECT_EQ(encode(SocketmapReply{Status::ok, "joe@example.org"}), "18:OK joe@example.org,");
    EXPECT_EQ(encode(SocketmapReply{Status::not_found, ""}), "9:NOTFOUND ,");
    EXPECT_EQ(encode(SocketmapReply{Status::temporary, "later"}), "10:TEMP later,");
    EXPECT_EQ(encode(SocketmapReply{Status::permanent, "never"}), "10:PERM never,");
}

TEST(Socketmap, RepliesParse) {
    EXPECT_EQ(parse_socketmap_reply("OK a b")->text, "a b");
    EXPECT_EQ(parse_socketmap_reply("NOTFOUND ")->status, Status::not_found);
    EXPECT_EQ(parse_socketmap_reply("NOTFOUND")->status, Status::not_found);
    EXPECT_EQ(parse_socketmap_reply("TEMP later")->status, Status::temporary);
    EXPECT_EQ(parse_socketmap_reply("TIMEOUT slow")->status, Status::temporary);
    EXPECT_EQ(parse_socketmap_reply("PERM never")->status, Status::permanent);
    EXPECT_FALSE(parse_socketmap_reply("MAYBE"));
    EXPECT_FALSE(parse_socketmap_reply(""));
}

}  // namespace
}  // namespace posthouse::sasl
