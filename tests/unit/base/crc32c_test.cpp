// CRC-32C against values that its definitions give.
#include "lib/base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace posthouse {
namespace {

TEST(Crc32c, GivesTheKnownChecksums) {
    EXPECT_EQ(crc32c(""), 0u);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

}  // namespace
}  // namespace posthouse
