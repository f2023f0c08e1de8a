// Tests of records and answers.
#include "lib/dns/records.h"

#include <gtest/gtest.h>

#include "lib/base/hex.h"

namespace posthouse::dns {
namespace {

using namespace std::string_literals;

TEST(DnsRecords, AnMxHasAPreferenceAndAnExchange) {
    EXPECT_EQ(parse_mx("\x01\x02\5VENUS\3ISI\3EDU\0"s), (Mx{258, "venus.isi.edu"}));
    EXPECT_EQ(parse_mx("\0\0\0"s), (Mx{0, ""}));  // RFC 7505 §3
    for (const std::string& rdata : {""s, "\0\1"s, "\0\1\1a"s, "\0\1\1a\0x"s}) EXPECT_FALSE(parse_mx(rdata));
}

TEST(DnsRecords, AddressesHaveFourOrSixteenBytes) {
    EXPECT_EQ(parse_a("\xc0\0\2\1"s)->ip(), "192.0.2.1");
    EXPECT_EQ(parse_aaaa(*hex::decode("20010db8000000000000000000000001"))->ip(), "2001:db8::1");
    EXPECT_FALSE(parse_a("\xc0\0\2"s));
    EXPECT_FALSE(parse_aaaa("\xc0\0\2\1"s));
}

TEST(DnsRecords, ATlsaHasThreeNumbersAndData) {
    // RFC 6698 §2.3, the first example.
    const std::string digest = *hex::decode("d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971");
    EXPECT_EQ(parse_tlsa("\0\0\1"s + digest), (Tlsa{0, 0, 1, digest}));
    EXPECT_EQ(parse_tlsa("\3\1\2"s), (Tlsa{3, 1, 2, ""}));
    EXPECT_FALSE(parse_tlsa("\3\1"s));
}

TEST(DnsRecords, TheStringsOfATxtAreJoinedWithNothingBetween) {
    EXPECT_EQ(parse_txt("\4one \3two\0"s), "one two");
    EXPECT_EQ(parse_txt("\0"s), "");
    for (const std::string& rdata : {""s, "\4one"s, "\1ab"s}) EXPECT_FALSE(parse_txt(rdata));
}

TEST(DnsRecords, ANameIsTheWholeOfItsRecord) {
    EXPECT_EQ(parse_name("\1a\1b\0"s), "a.b");
    EXPECT_FALSE(parse_name("\1a\1b\0\0"s));
}

TEST(DnsAnswer, FailsWhenOneRecordIsMalformed) {
    RawAnswer raw;
    raw.outcome = Outcome::records;
    raw.dnssec = Dnssec::secure;
    raw.records = {"\xc0\0\2\1"s};
    raw.name = "a.example";
    EXPECT_EQ(parse_answer(raw, parse_a).records.size(), 1u);
    raw.records.push_back("\xc0"s);
    const auto answer = parse_answer(raw, parse_a);
    EXPECT_TRUE(answer.failed());
    EXPECT_TRUE(answer.records.empty());
    EXPECT_EQ(answer.name, "a.example");
    EXPECT_NE(answer.reason, "");
}

}  // namespace
}  // namespace posthouse::dns
