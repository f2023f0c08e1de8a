// Tests of domain names.
#include "lib/dns/name.h"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

using namespace std::string_literals;

Result<std::string> read(std::string_view wire) { return read_name(wire); }

TEST(DnsName, IsReadFromLabelsWithTheirLengths) {
    // RFC 1035 §4.1.4: F.ISI.ARPA
    const std::string wire = "\1F\3ISI\4ARPA\0rest"s;
    std::string_view rest = wire;
    EXPECT_EQ(read_name(rest), "f.isi.arpa");
    EXPECT_EQ(rest, "rest");
    EXPECT_EQ(read("\0"s), "");
}

TEST(DnsName, DotsAndBytesInLabelsAreEscaped) {
    EXPECT_EQ(read("\3a.b\2c\xff\0"s), "a\\046b.c\\255");
    EXPECT_EQ(read("\5_25-x\0"s), "_25-x");
}

TEST(DnsName, ThatIsCutOffCompressedOrTooLongIsRefused) {
    for (const std::string& wire : {""s, "\3ab"s, "\1a"s, "\xc0\x0c"s, "\x40"s + std::string(64, 'a') + "\0"s})
        EXPECT_EQ(read(wire).error().code, ErrorCode::invalid);
    std::string longest;
    for (int i = 0; i < 127; ++i) longest += "\1a";
    EXPECT_EQ(read(longest + "\0"s)->size(), 253u);
    EXPECT_FALSE(read(longest + "\1a\0"s));
}

TEST(DnsName, IsTheSameWhateverCaseAndLastDot) {
    EXPECT_TRUE(same_name("MX.example.org.", "mx.Example.org"));
    EXPECT_FALSE(same_name("mx.example.org", "x.example.org"));
    EXPECT_EQ(normal_name("MX.example.org."), "mx.example.org");
}

TEST(DnsName, MayBeAskedForWhenItsLabelsFit) {
    EXPECT_TRUE(is_query_name("_25._tcp.mx.example.org."));
    EXPECT_TRUE(is_query_name(std::string(63, 'a') + ".example"));
    for (const std::string& name :
         {""s, "."s, "a..b"s, ".a"s, std::string(64, 'a'), "a b"s, "a\\.b"s, "m\xc3\xbc"s, std::string(100, 'a')})
        EXPECT_FALSE(is_query_name(name)) << name;
    std::string many;
    while (many.size() < 253) many += "a.";
    EXPECT_TRUE(is_query_name(many.substr(0, 253)));
    EXPECT_FALSE(is_query_name(many.substr(0, 253) + ".a"));
}

TEST(ReverseName, HasTheBytesOrDigitsOfTheAddressBackwards) {
    EXPECT_EQ(reverse_name(net::Address::from_ip("10.2.0.52", 0).value()), "52.0.2.10.in-addr.arpa");
    EXPECT_EQ(reverse_name(net::Address::from_ip("4321:0:1:2:3:4:567:89ab", 0).value()),
              "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
    EXPECT_EQ(reverse_name(net::Address::unix_path("/run/x.sock")), "");
}

}  // namespace
}  // namespace posthouse::dns
