// Tests of lib/base/hex.h.
#include "lib/base/hex.h"

#include <gtest/gtest.h>

namespace posthouse {
namespace {

TEST(Hex, ExamplesOfRfc4648) {
    EXPECT_EQ(hex::encode("foobar"), "666f6f626172");
    EXPECT_EQ(hex::decode("666F6F626172"), "foobar");
    EXPECT_EQ(hex::decode("ff00"), std::string("\xFF\0", 2));
    EXPECT_EQ(hex::decode(""), "");
}

TEST(Hex, RefusesWhatIsNoPairOfDigits) {
    EXPECT_EQ(hex::decode("6"), std::nullopt);
    EXPECT_EQ(hex::decode("6g"), std::nullopt);
    EXPECT_EQ(hex::decode(" 6"), std::nullopt);
}

}  // namespace
}  // namespace posthouse
