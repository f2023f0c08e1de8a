// Tests of lib/smtp/field_dropper.h.
#include "lib/smtp/field_dropper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace posthouse::smtp {
namespace {

constexpr std::array<std::string_view, 2> names{"Bcc", "Return-Path"};

std::string without(std::string_view message, std::size_t size = std::string_view::npos) {
    FieldDropper dropper(names);
    std::string out;
    while (!message.empty()) {
        const std::size_t begin = out.size();
        out += message.substr(0, size);
        message.remove_prefix(std::min(size, message.size()));
        dropper.feed(out, begin);
    }
    return out + dropper.finish();
}

TEST(FieldDropper, FieldsGoWithTheirContinuationsWhereverPiecesAreCut) {
    const std::string message =
        "From: a@x\r\nBcc: b@x,\r\n c@x\r\n\tBcc: d@x\r\nReturn-path : <e@x>\r\nBccs: f@x\r\nSubject: Bcc: no\r\n bcc: "
        "no\r\n"
        "BCC:\r\nTo: g@x\r\n\r\nBcc: body\r\n";
    const std::string expected =
        "From: a@x\r\nBccs: f@x\r\nSubject: Bcc: no\r\n bcc: no\r\nTo: g@x\r\n\r\nBcc: body\r\n";
    for (std::size_t size = 1; size <= message.size(); ++size) EXPECT_EQ(without(message, size), expected) << size;
}

TEST(FieldDropper, WhatIsNoFieldStays) {
    for (const std::string message : {"", "\r\n", "Bcc", "Bcc ", "Bcc\r\nBcd: x\r\n", "\r\nBcc: x\r\n", "\nBcc: x",
                                      " Bcc: x\r\n\r\n", ": x\r\n", "no field"}) {
        EXPECT_EQ(without(message), message);
        EXPECT_EQ(without(message, 1), message);
    }
    const std::string longest(1000, 'x');
    EXPECT_EQ(without(longest + ": y\r\nBcc: x\r\n", 7), longest + ": y\r\n");
    EXPECT_EQ(without("Bcc: x"), "");
    EXPECT_EQ(without("Bcc: x\n y\nA: b\n\nBcc: x\n"), "A: b\n\nBcc: x\n");
}

TEST(FieldDropper, WithoutNamesAllStays) {
    FieldDropper dropper({});
    std::string text = "Bcc: x\r\n";
    dropper.feed(text, 0);
    EXPECT_EQ(text, "Bcc: x\r\n");
    EXPECT_EQ(dropper.dropped(), 0u);
}

}  // namespace
}  // namespace posthouse::smtp
