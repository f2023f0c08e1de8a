// What queued says of deliveries that go on, and orders that it is given.
#include "queued/core/attempts_document.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

TEST(Orders, AreRead) {
    const auto order = parse_order(R"({"id":"1M8FZR97B5NSDEKZ","order":"bounce","reason":"No such company"})");
    ASSERT_TRUE(order);
    EXPECT_EQ(order->first, "1M8FZR97B5NSDEKZ");
    EXPECT_EQ(order->second.kind, spool::Order::Kind::bounce);
    EXPECT_EQ(order->second.reason, "No such company");
    EXPECT_TRUE(parse_order(R"({"id":"1M8FZR97B5NSDEKZ","order":"hold"})"));
}

TEST(Orders, WhatIsNoneIsNotRead) {
    for (const char* text : {"", "x", "[]", "{}", R"({"id":1,"order":"hols"})", R"({"order":1})", R"({"order":null})"})
        EXPECT_FALSE(parse_order(text)) << text;
}

}  // namespace
}  // namespace posthouse::queued
