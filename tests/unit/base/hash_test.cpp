// Hashes.
#include "lib/base/hash.h"

#include <gtest/gtest.h>

#include "lib/base/hex.h"

namespace posthouse {
namespace {

TEST(Hash, Blake2bIsTheOneOfTheStandard) {
    EXPECT_EQ(hex::encode(blake2b("abc")), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    EXPECT_EQ(hex::encode(blake2b("")), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

}  // namespace
}  // namespace posthouse
