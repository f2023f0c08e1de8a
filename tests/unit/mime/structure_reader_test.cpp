// Tests of lib/mime/structure_reader.h; the tree itself is tested in structure_test.cpp.
#include "lib/mime/structure_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/imap/bodystructure.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view message =
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n\r\n"
    "the text\r\n-- \r\nhas a signature\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
    "Content-Type: text/html\r\n\r\n<p>inside\r\n--x\r\nContent-Disposition: attachment\r\n"
    "Content-Type: text/plain\r\n\r\nattached\r\n--x--\r\nepilogue\r\n";

StructureReader read_in_pieces(std::string_view text, std::size_t piece, const OutlineLimits& limits = {}) {
    StructureReader reader({}, limits);
    for (std::size_t i = 0; i < text.size(); i += piece) reader.feed(text.substr(i, piece));
    return reader;
}

TEST(StructureReader, PiecesOfAnySizeGiveTheSameTree) {
    const Structure whole = parse_structure(message);
    const std::string shown = imap::bodystructure(message, whole);
    for (std::size_t piece = 1; piece < 70; ++piece) {
        const Structure pieces = read_in_pieces(message, piece).structure();
        ASSERT_EQ(imap::bodystructure(message, pieces), shown) << piece;
        for (std::size_t i = 0; i < pieces.parts.size(); ++i) {
            EXPECT_EQ(pieces.parts[i].header, whole.parts[i].header);
            EXPECT_EQ(pieces.parts[i].body, whole.parts[i].body);
        }
    }
}

TEST(StructureReader, AnOutlineIsEnoughForBodyStructure) {
    const Outline outline = read_in_pieces(message, 10).outline();
    EXPECT_EQ(imap::bodystructure(outline.headers, outline.structure),
              imap::bodystructure(message, parse_structure(message)));
    EXPECT_EQ(outline.headers.find("preamble"), std::string::npos);
    EXPECT_EQ(outline.structure.at(3).header.of(outline.headers), "Subject: inner\r\nContent-Type: text/html\r\n\r\n");
}

TEST(StructureReader, SamplesAreTextsButNoAttachments) {
    for (const std::size_t piece : {1UZ, 5UZ, message.size()}) {
        const std::vector<TextSample> samples =
            read_in_pieces(message, piece, {.texts = 5, .bytes = 100}).outline().samples;
        ASSERT_EQ(samples.size(), 2U);
        EXPECT_EQ(samples[0].part, 1U);
        EXPECT_EQ(samples[0].bytes, "the text\r\n-- \r\nhas a signature\r\n");
        EXPECT_EQ(samples[1].bytes, "<p>inside\r\n");
    }
}

TEST(StructureReader, SamplesKeepTheirBounds) {
    const std::vector<TextSample> samples = read_in_pieces(message, 7, {.texts = 1, .bytes = 5}).outline().samples;
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].bytes, "the t");
}

TEST(StructureReader, HeadersBeyondTheBoundAreNotHeld) {
    const Outline outline = read_in_pieces(message, 10, {.headers = 75}).outline();
    EXPECT_EQ(outline.headers, "Subject: outer\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\r\n");
    EXPECT_TRUE(outline.structure.at(3).header.of(outline.headers).empty());
    EXPECT_TRUE(outline.structure.at(3).type.is("text", "html"));
    const Structure whole = parse_structure(message);
    for (std::size_t i = 0; i < whole.parts.size(); ++i)
        EXPECT_EQ(outline.structure.parts[i].body, whole.parts[i].body);
    StructureReader none({}, {.headers = 0});
    none.feed(message);
    EXPECT_EQ(none.bytes_held(), 0U);
}

TEST(StructureReader, BodiesAreNotHeld) {
    StructureReader reader;
    reader.feed("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n");
    const std::size_t before = reader.bytes_held();
    const std::string line = "--" + std::string(100'000, 'x') + " is the boundary's beginning, and one long line";
    for (int i = 0; i < 50; ++i) reader.feed(line);
    EXPECT_EQ(reader.bytes_held(), before);
    const Structure structure = std::move(reader).structure();
    EXPECT_EQ(structure.parts.size(), 2U);  // the long line starts with the boundary: it closes, as nothing follows
    EXPECT_TRUE(structure.at(1).body.empty());
}

}  // namespace
}  // namespace posthouse::mime
