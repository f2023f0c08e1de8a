// Tests of the snapshot file: what it holds comes back, and whatever else it holds is refused.
#include "guardd/snapshot.h"

#include <gtest/gtest.h>

namespace posthouse::guard {
namespace {

using std::chrono::milliseconds;

SnapshotFile example() {
    SnapshotFile file;
    file.taken_at = milliseconds(1'700'000'000'000);
    file.penalties.networks = {{"192.0.2.1", 2.5, milliseconds(1200)}, {"2001:db8::/64", 1, milliseconds(0)}};
    file.penalties.accounts = {{"o\"brien@example.org", 4, milliseconds(7)}};
    file.penalties.pairs = {{"192.0.2.1 o\"brien@example.org", 4, milliseconds(7)}};
    file.penalties.good_pairs = {{"203.0.113.9 a@example.org", 1, milliseconds(86'400'000)}};
    file.events = 17;
    file.bans = {{*ban_subject("192.0.2.1", {}), milliseconds(5), milliseconds(9), false, "20 failed log-ins"},
                 {*ban_subject({}, "a@example.org"), milliseconds(5), std::nullopt, true, "by \"hand\""}};
    file.repeats = {{"192.0.2.1 ", 1, milliseconds(3)}};
    file.rates[index(RateKind::user)] = {
        {"a@example.org", {{{472'222, {0, 1, 2}, {0, 3, 4}}, {19'675, {}, {0, 4, 6}}}}}};
    return file;
}

TEST(Snapshot, ComesBackAsItWasWritten) {
    const Result<SnapshotFile> read = parse_snapshot(to_json(example()));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->taken_at, milliseconds(1'700'000'000'000));
    ASSERT_EQ(read->penalties.networks.size(), 2u);
    EXPECT_EQ(read->penalties.networks[0].name, "192.0.2.1");
    EXPECT_DOUBLE_EQ(read->penalties.networks[0].score, 2.5);
    EXPECT_EQ(read->penalties.networks[0].age, milliseconds(1200));
    ASSERT_EQ(read->penalties.accounts.size(), 1u);
    EXPECT_EQ(read->penalties.accounts[0].name, "o\"brien@example.org");
    EXPECT_EQ(read->penalties.pairs.size(), 1u);
    EXPECT_EQ(read->penalties.good_pairs.size(), 1u);
    EXPECT_EQ(read->events, 17u);
    ASSERT_EQ(read->bans.size(), 2u);
    EXPECT_EQ(read->bans[0].subject.network, "192.0.2.1");
    EXPECT_EQ(read->bans[1].reason, "by \"hand\"");
    EXPECT_EQ(read->repeats.size(), 1u);
    EXPECT_EQ(read->rates, example().rates);
}

TEST(Snapshot, NamesThatAreNoUtf8StillMakeAFile) {
    SnapshotFile file;
    file.penalties.accounts = {{"\xff\xfe@example.org", 1, milliseconds(0)}};
    EXPECT_TRUE(parse_snapshot(to_json(file)));
}

TEST(Snapshot, ADamagedFileIsRefusedWhereverItIsCut) {
    const std::string json = to_json(example());
    for (std::size_t length = 0; length + 2 < json.size(); ++length)
        EXPECT_FALSE(parse_snapshot(std::string_view(json).substr(0, length))) << length;
}

TEST(Snapshot, ValuesOutOfAnySenseAreRefused) {
    const auto with_networks = [](const std::string& networks) {
        return R"({"version":1,"taken_at":1,"accounts":[],"pairs":[],"good_pairs":[],"networks":)" + networks + "}";
    };
    EXPECT_TRUE(parse_snapshot(with_networks(R"([["192.0.2.1",1,5]])")));
    for (const char* networks :
         {"{}", "[1]", R"([["a",1]])", R"([["a",1,2,3]])", R"([[1,1,1]])", R"([["a","1",1]])", R"([["a",-1,1]])",
          R"([["a",1e300,1]])", R"([["a",1,-1]])", R"([["a",1,1.5]])", R"([["a",1,9223372036854775807]])"})
        EXPECT_FALSE(parse_snapshot(with_networks(networks))) << networks;
    const auto with_more = [&](const std::string& more) {
        return R"({"version":1,"taken_at":1,"accounts":[],"pairs":[],"good_pairs":[],"networks":[],)" + more + "}";
    };
    EXPECT_TRUE(parse_snapshot(with_more(R"("events":1,"bans":[],"repeats":[])")));
    EXPECT_TRUE(parse_snapshot(with_more(R"("rates":{"user":[["a",[1,[0,0,0],[0,0,0]],[1,[0,0,0],[0,0,0]]]]})")));
    for (const char* more : {R"("events":-1)", R"("bans":{})", R"("bans":[{}])", R"("repeats":[1])", R"("rates":[])",
                             R"("rates":{"x":[]})", R"("rates":{"user":[["a",[1,[0,0,0],[0,0,0]]]]})",
                             R"("rates":{"user":[["a",[-1,[0,0,0],[0,0,0]],[1,[0,0,0],[0,0,0]]]]})",
                             R"("rates":{"user":[["a",[1,[0,0],[0,0,0]],[1,[0,0,0],[0,0,0]]]]})",
                             R"("rates":{"user":[["a",[1,[0,0,-1],[0,0,0]],[1,[0,0,0],[0,0,0]]]]})",
                             R"("rates":{"user":[["",[1,[0,0,0],[0,0,0]],[1,[0,0,0],[0,0,0]]]]})"})
        EXPECT_FALSE(parse_snapshot(with_more(more))) << more;
    for (const char* document :
         {"", "[]", "null", "{}", R"({"version":2})", R"({"version":1,"taken_at":-1})",
          R"({"version":1,"taken_at":"x"})",
          R"({"version":1,"taken_at":9223372036854775807,"networks":[],"accounts":[],"pairs":[],"good_pairs":[]})"})
        EXPECT_FALSE(parse_snapshot(document)) << document;
}

}  // namespace
}  // namespace posthouse::guard
