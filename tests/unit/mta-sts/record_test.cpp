// Tests of the TXT record of MTA-STS.
#include "lib/mta-sts/record.h"

#include <gtest/gtest.h>

namespace posthouse::mta_sts {
namespace {

TEST(MtaStsRecord, HasAnId) {
    // RFC 8461 §3.1
    EXPECT_EQ(parse_record("v=STSv1; id=20160831085700Z;"), "20160831085700Z");
    EXPECT_EQ(parse_record("v=STSv1;id=1"), "1");
    EXPECT_EQ(parse_record("v=STSv1 ; id=1 ;\t"), "1");
}

TEST(MtaStsRecord, UnknownFieldsAreReadOver) {
    EXPECT_EQ(parse_record("v=STSv1; x-new.er_1=a,b:c; id=2; z=1"), "2");
    EXPECT_EQ(parse_record("v=STSv1; id=1; id=2"), "1");
}

TEST(MtaStsRecord, ThatIsMalformedSaysNothing) {
    for (const char* text : {"", "v=STSv1", "v=STSv1;", "v=STSv2; id=1", " v=STSv1; id=1", "V=STSv1; id=1",
                             "v=STSv1; ID=1", "v=STSv1; id=", "v=STSv1; id=a-b", "v=STSv1; id = 1", "v=STSv1; id=1; ;",
                             "v=STSv1; id=1; x", "v=STSv1; id=1; x=a b", "v=STSv1; id=1; _x=1", "id=1; v=STSv1",
                             "v=STSv1; id=123456789012345678901234567890123"})
        EXPECT_EQ(parse_record(text), std::nullopt) << text;
}

TEST(MtaStsRecord, MustBeTheOnlyOneOfItsKind) {
    EXPECT_EQ(find_id({"google-site-verification=x", "v=STSv1; id=1;"}), "1");
    EXPECT_EQ(find_id({"v=STSv1; id=1;", "v=STSv1; id=2;"}), std::nullopt);
    EXPECT_EQ(find_id({"v=spf1 -all"}), std::nullopt);
    EXPECT_EQ(find_id({}), std::nullopt);
}

}  // namespace
}  // namespace posthouse::mta_sts
