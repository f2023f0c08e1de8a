// Tests of lib/mime/structure.h.
#include "lib/mime/structure.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

namespace posthouse::mime {
namespace {

/// The tree as text: "mixed[text/plain(body) rfc822[…]]"; an opaque part has a "!".
std::string shown(std::string_view message, const Structure& structure, const Part& part) {
    std::string out = part.type.type + "/" + part.type.subtype;
    if (part.opaque) out += "!";
    if (part.kind == Part::Kind::leaf) return out + "(" + std::string(part.body.of(message)) + ")";
    out += "[";
    for (std::uint32_t number = 1; structure.child(part, number) != nullptr; ++number) {
        if (number > 1) out += " ";
        out += shown(message, structure, *structure.child(part, number));
    }
    return out + "]";
}

std::string tree(std::string_view message, const StructureLimits& limits = {}) {
    const Structure structure = parse_structure(message, limits);
    return shown(message, structure, structure.root());
}

/// Bytes that are allocated; 0 where the allocator doesn't tell (sanitizers).
std::size_t allocated() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// As many parts as there may be, each with this header.
std::string many_parts(const std::string& header) {
    std::string message = "Content-Type: multipart/mixed; boundary=x\n\n";
    for (std::size_t i = 0; i + 1 < max_parts; ++i) message.append("--x\n").append(header).append("\n\n");
    return message + "--x--\n";
}

/// RFC 2046 §5.1.1.
constexpr std::string_view rfc_example =
    "From: Nathaniel Borenstein <nsb@bellcore.com>\r\n"
    "To: Ned Freed <ned@innosoft.com>\r\n"
    "Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\r\n"
    "Subject: Sample message\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n"
    "\r\n"
    "This is the preamble.  It is to be ignored, though it\r\n"
    "is a handy place for composition agents to include an\r\n"
    "explanatory note to non-MIME conformant readers.\r\n"
    "\r\n"
    "--simple boundary\r\n"
    "\r\n"
    "This is implicitly typed plain US-ASCII text.\r\n"
    "It does NOT end with a linebreak.\r\n"
    "--simple boundary\r\n"
    "Content-type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "This is explicitly typed plain US-ASCII text.\r\n"
    "It DOES end with a linebreak.\r\n"
    "\r\n"
    "--simple boundary--\r\n"
    "\r\n"
    "This is the epilogue.  It is also to be ignored.\r\n";

TEST(Structure, TheLineEndBeforeADelimiterBelongsToIt) {
    EXPECT_EQ(tree(rfc_example),
              "multipart/mixed[text/plain(This is implicitly typed plain US-ASCII text.\r\n"
              "It does NOT end with a linebreak.) text/plain(This is explicitly typed plain US-ASCII text.\r\n"
              "It DOES end with a linebreak.\r\n)]");
}

TEST(Structure, SizesAreThoseOnTheWireWhateverTheStoredLineEnds) {
    std::string stored(rfc_example);
    std::erase(stored, '\r');
    const Structure wire = parse_structure(rfc_example);
    const Structure lf = parse_structure(stored);
    ASSERT_EQ(lf.parts.size(), 3u);
    for (std::size_t i = 0; i < lf.parts.size(); ++i) {
        EXPECT_EQ(lf.parts[i].header_size, wire.parts[i].header_size);
        EXPECT_EQ(lf.parts[i].body_size, wire.parts[i].body_size);
        EXPECT_EQ(wire.parts[i].body_size.octets, wire.parts[i].body.size());
        EXPECT_LT(lf.parts[i].body.size(), wire.parts[i].body.size());
    }
    EXPECT_EQ(lf.parts[1].body_size, (WireSize{80, 1}));
}

TEST(Structure, AMessageWithoutContentTypeIsPlainText) {
    EXPECT_EQ(tree("Subject: x\n\nbody\n"), "text/plain(body\n)");
    EXPECT_EQ(tree("Content-Type: nonsense\n\nbody\n"), "text/plain(body\n)");
    EXPECT_EQ(tree(""), "text/plain()");
    EXPECT_EQ(tree("Subject: only a header\n"), "text/plain()");
}

TEST(Structure, MultipartsNestAndAnOuterDelimiterEndsTheInner) {
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=b\n\n"
                   "--b\n\none\n--b\n\ntwo\n--a\n\nthree\n--b\nstill three\n--a--\nepilogue\n--a\nnothing\n"),
              "multipart/mixed[multipart/related[text/plain(one) text/plain(two)] text/plain(three\n--b\nstill "
              "three)]");
}

TEST(Structure, ADelimiterCountsWhateverFollowsOnItsLineAndTheLongestWins) {
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=a\n\n--a  \t\n\none\n--abc\n\ntwo\n --a\n- -a\n-a\n--A\n"),
              "multipart/mixed[text/plain(one) text/plain(two\n --a\n- -a\n-a\n--A\n)]");
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n"
                   "--ab\n\none\n--ab--\n--a--\n"),
              "multipart/mixed[multipart/mixed[text/plain(one)]]");
}

// RFC 2046 §5.1.5.
TEST(Structure, APartOfADigestIsAMessageUnlessItSaysOtherwise) {
    EXPECT_EQ(tree("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nfirst\n--d\n"
                   "Content-Type: text/html\n\nsecond\n--d--\n"),
              "multipart/digest[message/rfc822[text/plain(first)] text/html(second)]");
}

TEST(Structure, AMessageInsideHasTheRangeOfTheBodyAroundIt) {
    const std::string_view message = "Content-Type: message/rfc822\n\nSubject: inner\n\ntext\n";
    const Structure structure = parse_structure(message);
    ASSERT_EQ(structure.parts.size(), 2u);
    EXPECT_EQ(structure.root().kind, Part::Kind::message);
    const Part& inner = *structure.child(structure.root(), 1);
    EXPECT_EQ(inner.whole(), structure.root().body);
    EXPECT_EQ(inner.header.of(message), "Subject: inner\n\n");
    EXPECT_EQ(inner.depth, 1u);
    EXPECT_EQ(tree("Content-Type: message/global\n\n\ntext"), "message/global[text/plain(text)]");
}

// RFC 2046 §5.2.1: no encoding but 7bit, 8bit and binary.
TEST(Structure, AnEncodedMessageIsOpaque) {
    EXPECT_EQ(tree("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYgo=\n"),
              "message/rfc822!(QTogYgo=\n)");
}

TEST(Structure, APartWithoutEmptyLineIsAllHeader) {
    const std::string_view message =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b\n--b\n"
        "Content-Type: message/rfc822\nX: y\n--b--\n";
    EXPECT_EQ(tree(message), "multipart/mixed[text/html() text/plain() message/rfc822[text/plain()]]");
    EXPECT_EQ(parse_structure(message).parts[1].header.of(message), "Content-Type: text/html\n");
}

TEST(Structure, AMultipartMayHaveNoParts) {
    EXPECT_EQ(tree("Content-Type: multipart/mixed\n\n--\nbody\n"), "multipart/mixed[]");
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=x\n\nno delimiter\n"), "multipart/mixed[]");
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=x\n\n--x"), "multipart/mixed[]");
}

TEST(Structure, DepthOverTheBoundIsAnOpaqueLeaf) {
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n"
                   "--b\n\nx\n--b--\n--a--\n",
                   {.depth = 2}),
              "multipart/mixed[multipart/mixed!(--b\n\nx\n--b--)]");
    std::string deep;
    for (std::size_t i = 0; i < max_depth + 50; ++i) deep += "Content-Type: message/rfc822\n\n";
    const Structure structure = parse_structure(deep + "text");
    EXPECT_EQ(structure.parts.size(), max_depth);
    EXPECT_TRUE(structure.parts.back().opaque);
}

TEST(Structure, TheLastPartThereMayBeTakesTheRest) {
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo\n--a\n\nthree\n--a--\n",
                   {.parts = 3}),
              "multipart/mixed[text/plain(one) text/plain(two\n--a\n\nthree\n--a--\n)]");
    std::string many = "Content-Type: multipart/mixed; boundary=a\n\n";
    for (std::size_t i = 0; i < max_parts + 50; ++i) many += "--a\n\nx\n";
    EXPECT_EQ(parse_structure(many).parts.size(), max_parts);
}

TEST(Structure, PartsStaySmallWhateverTheirHeadersHold) {
    std::string parameters = "Content-Type: a/b";
    for (std::size_t i = 0; i < max_parameters; ++i) parameters += ";a=b";
    const std::string names = "Content-Type: " + std::string(2000, 't') + "/" + std::string(2000, 's') +
                              "; charset=" + std::string(2000, 'c') + "; boundary=" + std::string(900, 'b');
    for (const std::string& header : {std::string("Content-Type: text/plain; charset=utf-8"), parameters, names}) {
        const std::string message = many_parts(header + "\n");
        const std::size_t before = allocated();
        const Structure structure = parse_structure(message);
        EXPECT_EQ(structure.parts.size(), max_parts);
        EXPECT_LT(allocated() - before, max_parts * 600 + (1U << 20U)) << header.substr(0, 100);
    }
}

TEST(Structure, OnlyThatPartOfANameIsKeptThatTellsItFromOthers) {
    const std::string longer(max_media_type + 1, 'p');
    const Structure structure = parse_structure("Content-Type: " + longer + "/" + longer + "; charset=\" utf-8 \"\n\n");
    EXPECT_EQ(structure.root().type.type, longer.substr(1));
    EXPECT_EQ(structure.root().type.subtype, longer.substr(1));
    EXPECT_EQ(structure.root().charset, "utf-8");
    const std::string cut = "text/plain; charset=" + std::string(max_charset_name, 'c') + "utf-8";
    EXPECT_GT(parse_structure("Content-Type: " + cut + "\n\n").root().charset.size(), max_charset_name);
}

TEST(Structure, ABoundaryOverTheBoundMakesAnOpaqueLeaf) {
    const std::string boundary(max_boundary + 1, 'b');
    EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n\nx\n"),
              "multipart/mixed!(--" + boundary + "\n\nx\n)");
}

TEST(Structure, TheFirstOfTwoContentTypesCounts) {
    EXPECT_EQ(tree("Content-Type: text/html\nContent-Type: text/css\n\nx"), "text/html(x)");
}

}  // namespace
}  // namespace posthouse::mime
