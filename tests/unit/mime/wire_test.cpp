// Tests of lib/mime/wire.h.
#include "lib/mime/wire.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(Wire, EachLfThatLacksItsCrCountsTwo) {
    EXPECT_EQ(wire_size("a\nb\r\nc\n"), (WireSize{9, 3}));
    EXPECT_EQ(wire_size("no line end"), (WireSize{11, 0}));
    EXPECT_EQ(wire_size(""), (WireSize{0, 0}));
    EXPECT_EQ(wire_size("\n", true), (WireSize{1, 1}));
    EXPECT_EQ(wire_size("bare \r cr\r\r\n"), (WireSize{12, 1}));
}

TEST(Wire, CountsFitForAnyLength) {
    const std::string lines(100000, '\n');
    EXPECT_EQ(wire_size(lines), (WireSize{200000, 100000}));
}

TEST(Wire, ConversionIsTheSameHoweverTheMessageIsCut) {
    const std::string raw = "one\r\ntwo\nthree\r\r\n\n\r\n\rlast";
    const std::string wire = "one\r\ntwo\r\nthree\r\r\n\r\n\r\n\rlast";
    EXPECT_EQ(to_wire(raw), wire);
    for (std::size_t cut = 0; cut <= raw.size(); ++cut) {
        CrlfEncoder encoder;
        std::string out;
        encoder.encode(std::string_view(raw).substr(0, cut), out);
        encoder.encode({}, out);
        encoder.encode(std::string_view(raw).substr(cut), out);
        EXPECT_EQ(out, wire) << "cut at " << cut;
    }
}

TEST(Wire, EverySliceIsTheSliceOfTheConvertedMessage) {
    const std::string raw = "a\nbc\r\n\n\r\r\nd\n";
    const std::string wire = to_wire(raw);
    for (std::size_t offset = 0; offset <= wire.size() + 1; ++offset) {
        for (std::size_t count = 0; count <= wire.size() + 1; ++count) {
            const std::string expected = offset < wire.size() ? wire.substr(offset, count) : "";
            EXPECT_EQ(wire_slice(raw, offset, count), expected) << offset << "." << count;
        }
    }
}

TEST(Wire, AReaderThatIsReadInSmallStepsGivesTheWholeWireForm) {
    const std::string raw = "a\nbc\r\n\n\r\r\nd\n";
    WireReader reader(raw);
    std::string out;
    while (!reader.at_end()) EXPECT_EQ(reader.read(1, out), 1u);
    EXPECT_EQ(out, to_wire(raw));
    EXPECT_EQ(reader.read(1, out), 0u);
}

}  // namespace
}  // namespace posthouse::mime
