// Modified UTF-7: the RFC's examples, round trips, and spellings that must be refused.
#include "lib/base/utf7.h"

#include <gtest/gtest.h>

namespace posthouse {
namespace {

TEST(Utf7, EncodesTheExampleOfTheRfc) {
    EXPECT_EQ(utf7::encode("~peter/mail/台北/日本語").value(), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
    EXPECT_EQ(utf7::decode("~peter/mail/&U,BTFw-/&ZeVnLIqe-").value(), "~peter/mail/台北/日本語");
}

TEST(Utf7, AmpersandIsWrittenWithAHyphen) {
    EXPECT_EQ(utf7::encode("A&B").value(), "A&-B");
    EXPECT_EQ(utf7::decode("A&-B").value(), "A&B");
}

TEST(Utf7, EveryLengthOfShiftComesBack) {
    for (const std::string_view name : {"ä", "Entwürfe", "äö", "äöü", "äöüß", "😀", "a😀b€c", "\x01", "Ж&Ж", "\x7f"}) {
        const auto encoded = utf7::encode(name);
        ASSERT_TRUE(encoded);
        EXPECT_EQ(utf7::decode(*encoded).value(), name) << *encoded;
    }
}

TEST(Utf7, EncodeRefusesWhatIsNotUtf8) { EXPECT_FALSE(utf7::encode("a\xff")); }

TEST(Utf7, DecodeRefusesEverySecondSpelling) {
    for (const std::string_view name : {"&", "&A", "&AGE-", "&AOQ-&APY-", "&AOR-", "&AOQ", "&2D0-", "&3gA-", "&A-",
                                        "&*-", "\xc3\xa4", "a\x01", "&AOQA-"})
        EXPECT_FALSE(utf7::decode(name)) << name;
}

}  // namespace
}  // namespace posthouse
