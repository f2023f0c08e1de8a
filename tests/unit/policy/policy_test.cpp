// Tests of lib/policy/policy.h.
#include "lib/policy/policy.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"

namespace posthouse::policy {
namespace {

/// Feeds each line of `wire`; gives the block when it was complete.
Result<Request> read(std::string_view wire) {
    BlockReader reader;
    for (const std::string_view line : ascii::split(wire, '\n')) {
        const Result<bool> complete = reader.add_line(line);
        if (!complete) return fail(complete.error());
        if (*complete) return reader.take();
    }
    return fail(ErrorCode::closed, "cut off");
}

TEST(Policy, ReadsARequestOfPostfix) {
    const Result<Request> request = read(
        "request=smtpd_access_policy\nprotocol_state=RCPT\nhelo_name=some.domain.tld\nsender=\n"
        "recipient=bar@foo.tld\nclient_address=1.2.3.4\nsize=12345\n\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->get("protocol_state"), "RCPT");
    EXPECT_EQ(request->get("sender"), "");
    EXPECT_EQ(request->get("absent"), "");
    EXPECT_EQ(request->attributes().size(), 7u);
}

TEST(Policy, WhatIsWrittenIsReadBack) {
    Request request;
    request.add("request", "smtpd_access_policy");
    request.add("sender", "a=b@example.com");
    EXPECT_EQ(to_wire(request), "request=smtpd_access_policy\nsender=a=b@example.com\n\n");
    EXPECT_EQ(read(to_wire(request))->attributes(), request.attributes());
    EXPECT_EQ(to_wire(Reply{"REJECT 5.2.2 Mailbox full"}), "action=REJECT 5.2.2 Mailbox full\n\n");
    EXPECT_EQ(to_reply(*read("action=DEFER_IF_PERMIT 4.3.0 Try later\n\n"))->action, "DEFER_IF_PERMIT 4.3.0 Try later");
}

TEST(Policy, AValueCannotForgeAnAttribute) {
    Request request;
    request.add("helo_name", std::string_view("x\nclient_address=127.0.0.1\r\n\0", 29));
    request.add("a=b", "c");
    EXPECT_EQ(to_wire(request),
              "helo_name=x?client_address=127.0.0.1?"
              "?"
              "?\na?b=c\n\n");
    EXPECT_EQ(to_wire(Reply{"OK\n\naction=REJECT"}),
              "action=OK?"
              "?action=REJECT\n\n");
}

TEST(Policy, LinesWithoutNameOrEqualsSignAreRefused) {
    EXPECT_EQ(read("request\n\n").error().code, ErrorCode::invalid);
    EXPECT_EQ(read("=value\n\n").error().code, ErrorCode::invalid);
    EXPECT_EQ(to_reply(*read("acton=OK\n\n")).error().code, ErrorCode::invalid);
}

TEST(Policy, SizesAndCountsAreBounded) {
    EXPECT_TRUE(read("a=" + std::string(max_line_octets - 2, 'x') + "\n\n"));
    EXPECT_EQ(read("a=" + std::string(max_line_octets - 1, 'x') + "\n\n").error().code, ErrorCode::limit);
    std::string many;
    for (std::size_t i = 0; i <= max_attributes; ++i) many += "a=b\n";
    EXPECT_EQ(read(many + "\n").error().code, ErrorCode::limit);
    std::string large;
    for (std::size_t i = 0; i < 9; ++i) large += "a=" + std::string(8000, 'x') + "\n";
    EXPECT_EQ(read(large + "\n").error().code, ErrorCode::limit);
}

TEST(Policy, TheReaderServesManyRequests) {
    BlockReader reader;
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(*reader.add_line("n=" + std::to_string(i)));
        EXPECT_TRUE(*reader.add_line("\r\n"));
        EXPECT_EQ(reader.take().get("n"), std::to_string(i));
    }
}

}  // namespace
}  // namespace posthouse::policy
