// Tests of lib/mime/section.h and text.h.
#include "lib/mime/section.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"
#include "lib/mime/text.h"
#include "lib/mime/transfer_encoder.h"

namespace posthouse::mime {
namespace {

/// The message of RFC 9051 §6.4.5, whose parts it numbers; each leaf's body is its own number.
constexpr std::string_view rfc_example =
    "Subject: HEADER\n"
    "Content-Type: multipart/mixed; boundary=m\n"
    "\n"
    "--m\n"
    "Content-Type: text/plain\n"
    "\n"
    "1\n"
    "--m\n"
    "Content-Type: application/octet-stream\n"
    "\n"
    "2\n"
    "--m\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Subject: 3.HEADER\n"
    "Content-Type: multipart/mixed; boundary=n\n"
    "\n"
    "--n\n"
    "Content-Type: text/plain\n"
    "\n"
    "3.1\n"
    "--n\n"
    "Content-Type: application/octet-stream\n"
    "\n"
    "3.2\n"
    "--n--\n"
    "--m\n"
    "Content-Type: multipart/mixed; boundary=o\n"
    "\n"
    "--o\n"
    "Content-Type: image/gif\n"
    "\n"
    "4.1\n"
    "--o\n"
    "Content-Type: message/rfc822\n"
    "X-Part: 4.2.MIME\n"
    "\n"
    "Subject: 4.2.HEADER\n"
    "Content-Type: multipart/mixed; boundary=p\n"
    "\n"
    "--p\n"
    "Content-Type: text/plain\n"
    "\n"
    "4.2.1\n"
    "--p\n"
    "Content-Type: multipart/alternative; boundary=q\n"
    "\n"
    "--q\n"
    "Content-Type: text/plain\n"
    "\n"
    "4.2.2.1\n"
    "--q\n"
    "Content-Type: text/richtext\n"
    "\n"
    "4.2.2.2\n"
    "--q--\n"
    "--p--\n"
    "--o--\n"
    "--m--\n";

using Numbers = std::vector<std::uint32_t>;

/// The section's bytes; "NIL" when there is no such section.
std::string section(std::string_view message, const Numbers& numbers, SectionPart wanted = SectionPart::whole) {
    const auto range = find_section(parse_structure(message), numbers, wanted);
    return range ? std::string(range->of(message)) : "NIL";
}

TEST(Section, NumbersAreThoseOfTheRfc) {
    for (const auto& [numbers, body] :
         std::initializer_list<std::pair<Numbers, std::string>>{{{1}, "1"},
                                                                {{2}, "2"},
                                                                {{3, 1}, "3.1"},
                                                                {{3, 2}, "3.2"},
                                                                {{4, 1}, "4.1"},
                                                                {{4, 2, 1}, "4.2.1"},
                                                                {{4, 2, 2, 1}, "4.2.2.1"},
                                                                {{4, 2, 2, 2}, "4.2.2.2"}}) {
        EXPECT_EQ(section(rfc_example, numbers), body);
    }
    EXPECT_TRUE(section(rfc_example, {3}).starts_with("Subject: 3.HEADER\n"));
    EXPECT_TRUE(section(rfc_example, {4}).starts_with("--o\n"));
    EXPECT_TRUE(section(rfc_example, {4, 2, 2}).starts_with("--q\n"));
}

TEST(Section, HeaderAndTextAreThoseOfTheMessageInside) {
    EXPECT_EQ(section(rfc_example, {}, SectionPart::header),
              "Subject: HEADER\nContent-Type: multipart/mixed; boundary=m\n\n");
    EXPECT_TRUE(section(rfc_example, {}, SectionPart::text).starts_with("--m\n"));
    EXPECT_EQ(section(rfc_example, {3}, SectionPart::header),
              "Subject: 3.HEADER\nContent-Type: multipart/mixed; boundary=n\n\n");
    EXPECT_TRUE(section(rfc_example, {3}, SectionPart::text).starts_with("--n\n"));
    EXPECT_TRUE(section(rfc_example, {4, 2}, SectionPart::header).starts_with("Subject: 4.2.HEADER\n"));
    EXPECT_EQ(section(rfc_example, {1}, SectionPart::header), "NIL");
    EXPECT_EQ(section(rfc_example, {4}, SectionPart::text), "NIL");
}

TEST(Section, MimeIsThePartsOwnHeaderAndNeedsNumbers) {
    EXPECT_EQ(section(rfc_example, {4, 2}, SectionPart::mime), "Content-Type: message/rfc822\nX-Part: 4.2.MIME\n\n");
    EXPECT_EQ(section(rfc_example, {1}, SectionPart::mime), "Content-Type: text/plain\n\n");
    EXPECT_EQ(section(rfc_example, {}, SectionPart::mime), "NIL");
}

TEST(Section, WhatDoesNotExistIsNil) {
    for (const Numbers& numbers : {Numbers{5}, Numbers{0}, Numbers{1, 1}, Numbers{3, 3}, Numbers{4, 2, 2, 3}}) {
        EXPECT_EQ(section(rfc_example, numbers), "NIL");
    }
}

TEST(Section, PartOneOfAMessageThatIsNoMultipartIsItsBody) {
    const std::string_view message = "Subject: x\n\nbody\n";
    EXPECT_EQ(section(message, {}), message);
    EXPECT_EQ(section(message, {1}), "body\n");
    EXPECT_EQ(section(message, {1}, SectionPart::mime), "Subject: x\n\n");
    EXPECT_EQ(section(message, {2}), "NIL");
    EXPECT_EQ(section(message, {1, 1}), "NIL");
    const std::string_view forwarded = "Content-Type: message/rfc822\n\nSubject: in\n\ntext\n";
    EXPECT_EQ(section(forwarded, {1}), "Subject: in\n\ntext\n");
    EXPECT_EQ(section(forwarded, {1, 1}), "text\n");
    EXPECT_EQ(section(forwarded, {1}, SectionPart::header), "Subject: in\n\n");
}

// BODYSTRUCTURE shows an empty part where a multipart has none (RFC 9051 §9: at least one body); it was NIL here.
TEST(Section, PartOneOfAMultipartWithoutPartsIsThereAndEmpty) {
    const std::string empty = "Content-Type: multipart/mixed; boundary=b\n\nnothing\n";
    for (const std::string& message : {empty, std::string("Content-Type: multipart/mixed\n\n--b\n")}) {
        EXPECT_EQ(section(message, {1}), "");
        EXPECT_EQ(section(message, {1}, SectionPart::mime), "");
        EXPECT_EQ(section(message, {1}, SectionPart::header), "NIL");
        EXPECT_EQ(section(message, {2}), "NIL");
        EXPECT_EQ(section(message, {1, 1}), "NIL");
    }
    const std::string forwarded = "Content-Type: message/rfc822\n\n" + empty;
    EXPECT_EQ(section(forwarded, {1, 1}), "");
    EXPECT_EQ(section(forwarded, {1, 2}), "NIL");
    const std::string inside = "Content-Type: multipart/mixed; boundary=a\n\n--a\n" + empty + "--a--\n";
    EXPECT_EQ(section(inside, {1, 1}), "");
    EXPECT_EQ(section(inside, {2}), "NIL");
}

TEST(Section, FieldsAreSelectedByNameOrByAllOtherNames) {
    const std::string_view message = "To: a\n b\nCc: c\nmalformed\nSubject: d\nto: e\n\nTo: body\n";
    const auto selected = [&](std::vector<std::string_view> names, bool exclude) {
        std::string out;
        for (const Range range : select_fields(message, find_header(message), names, exclude)) out += range.of(message);
        return out;
    };
    EXPECT_EQ(selected({"TO", "Bcc"}, false), "To: a\n b\nto: e\n");
    EXPECT_EQ(selected({"to", "cc"}, true), "malformed\nSubject: d\n");
    EXPECT_EQ(selected({}, false), "");
    EXPECT_EQ(select_fields(message, find_header(message), {}, true).size(), 1u);
}

TEST(Text, EachTextPartIsShownInUtf8) {
    const std::string_view message =
        "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain; charset=iso-8859-1\n"
        "Content-Transfer-Encoding: quoted-printable\n\ngr=FC=DFe\n--m\nContent-Type: image/png\n\npng\n--m\n"
        "Content-Type: message/rfc822\n\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        "PGI+4oKsPC9iPg==\n--m\nContent-Type: text/plain; charset=x-none\n\n\xFF\n--m--\n";
    std::vector<std::string> texts;
    EXPECT_TRUE(visit_text(message, parse_structure(message), [&](const Part&, std::string_view text, bool last) {
        EXPECT_TRUE(last);
        texts.emplace_back(text);
        return true;
    }));
    EXPECT_EQ(texts, (std::vector<std::string>{"gr\xC3\xBC\xC3\x9F"
                                               "e",
                                               "<b>\xE2\x82\xAC</b>", "\xC3\xBF"}));
}

// Who looks for the address that a message could not be delivered to finds the report (RFC 9051 §6.4.4: the body).
TEST(Text, MessagesThatAreNotLookedIntoAreText) {
    const std::string_view message =
        "Content-Type: multipart/report; boundary=m\n\n--m\nContent-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822; a@x.example\n--m\nContent-Type: message/partial\n\nhalf\n--m\n"
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAo=\n--m--\n";
    std::vector<std::string> texts;
    visit_text(message, parse_structure(message), [&](const Part&, std::string_view text, bool last) {
        EXPECT_TRUE(last);
        texts.emplace_back(text);
        return true;
    });
    EXPECT_EQ(texts, (std::vector<std::string>{"Final-Recipient: rfc822; a@x.example", "half", "Subject: x\n"}));
}

TEST(Text, AVisitCanEndEarly) {
    const std::string_view message = "A: 1\nB: =?utf-8?q?two?=\n\nx";
    const Structure structure = parse_structure(message);
    EXPECT_FALSE(visit_text(message, structure, [](const Part&, std::string_view, bool) { return false; }));
    std::vector<std::string> seen;
    const auto visit = [&](std::string_view name, std::string_view text) {
        seen.push_back(std::string(name) + "=" + std::string(text));
        return name != "B";
    };
    EXPECT_FALSE(visit_header_text(message, structure.root().header, visit));
    EXPECT_EQ(seen, (std::vector<std::string>{"A=1", "B=two"}));
}

/// The texts of a message, decoded so many bytes at a time; each piece has whole characters.
std::vector<std::string> texts_in_pieces(std::string_view message, std::size_t piece) {
    std::vector<std::string> texts(1);
    visit_text(
        message, parse_structure(message),
        [&](const Part&, std::string_view text, bool last) {
            EXPECT_TRUE(ascii::is_utf8(text));
            texts.back() += text;
            if (last) texts.emplace_back();
            return true;
        },
        piece);
    texts.pop_back();
    return texts;
}

TEST(Text, PiecesOfAnySizeGiveTheSameText) {
    const std::vector<std::pair<std::string_view, std::string>> bodies = {
        {"utf-8", "\xEF\xBB\xBFgr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"utf-8", "\xE2\x82\xAC\xE2\x82 broken \xC3"},
        {"us-ascii", "\xE2\x82\xAC in \xF0\x9F\x98\x80 ASCII"},
        {"us-ascii", "\xE2\x82\xAC until the end: \xE4"},
        {"x-none", "\xE2\x82\xAC and \xC3\xA4\xC3"},
        {"iso-2022-jp", "\x1B$B4A;z4A;z\x1B(B and \x1B$B4A\x1B(B\x1B"},
        {"utf-16", std::string("\xFE\xFF\x20\xAC\xD8\x3D\xDE\0\xD8\0\0a", 14)},
        {"utf-7", "a+AOQ-b+2D3eAA-c+AOQ"},
        {"gb18030", "\xC4\xE3\x81\x30\x81\x30\x95\x32\x82\x36\xFF\xC4"},
        {"SCSU", "\x18\xA3\xFA\xFA\xFB\x0E\x20\xAC"},
    };
    std::string message = "Content-Type: multipart/mixed; boundary=m\n\n";
    for (const auto& [charset, body] : bodies)
        for (const std::string_view encoding : {"8bit", "quoted-printable", "base64"}) {
            message.append("--m\nContent-Type: text/plain; charset=").append(charset).append("\n");
            message.append("Content-Transfer-Encoding: ").append(encoding).append("\n\n");
            const Write write = [&](std::string_view text) -> Result<> {
                message += text;
                return {};
            };
            if (encoding == "8bit") {
                message += body;
            } else if (encoding == "base64") {
                Base64Writer writer("\n", write);
                EXPECT_TRUE(writer.feed(body) && writer.finish(false));
            } else {
                EXPECT_TRUE(write_quoted_printable(body, "\n", write));
            }
            message += "\n";
        }
    message += "--m--\n";
    const std::vector<std::string> whole = texts_in_pieces(message, message.size());
    ASSERT_EQ(whole.size(), 3 * bodies.size());
    EXPECT_EQ(whole[3], "\xE2\x82\xAC\xEF\xBF\xBD broken \xEF\xBF\xBD");
    EXPECT_TRUE(whole[9].starts_with("\xC3\xA2\xE2\x80\x9A\xC2\xAC until")) << whole[9];
    for (std::size_t piece = 1; piece < 40; ++piece) EXPECT_EQ(texts_in_pieces(message, piece), whole) << piece;
}

// SCSU has characters of three bytes in one.
TEST(Text, NoPieceIsLong) {
    std::string message = "Content-Type: text/plain; charset=SCSU\n\n\x18\xA3";
    message += std::string(20 * text_piece, '\xFA');
    std::size_t size = 0;
    std::size_t longest = 0;
    visit_text(message, parse_structure(message), [&](const Part&, std::string_view piece, bool) {
        size += piece.size();
        longest = std::max(longest, piece.size());
        return true;
    });
    EXPECT_EQ(size, 60 * text_piece);
    EXPECT_LE(longest, 3 * text_piece);
}

}  // namespace
}  // namespace posthouse::mime
