// Tests of the snapshot file: what it holds comes back, and whatever else it holds takes nothing of that with it.
#include "guardd/snapshot.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

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
    EXPECT_TRUE(read->damage.empty());
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

/// What remains of the example with that part of it.
Result<SnapshotFile> with_part(const char* name, const std::string& value) {
    nlohmann::json document = nlohmann::json::parse(to_json(example()));
    document[name] = nlohmann::json::parse(value);
    return parse_snapshot(document.dump());
}

TEST(Snapshot, ADamagedPartTakesNoOtherWithIt) {
    for (const char* part : {"taken_at", "networks", "accounts", "pairs", "good_pairs", "events", "repeats", "rates"}) {
        const Result<SnapshotFile> read = with_part(part, "\"x\"");
        ASSERT_TRUE(read) << part;
        ASSERT_EQ(read->damage.size(), 1u) << part;
        EXPECT_TRUE(read->damage[0].starts_with(part)) << read->damage[0];
        EXPECT_EQ(read->bans.size(), 2u) << part;
        EXPECT_EQ(read->penalties.networks.size(), part == std::string_view("networks") ? 0u : 2u) << part;
        EXPECT_EQ(read->rates == example().rates, part != std::string_view("rates")) << part;
    }
    const Result<SnapshotFile> without_bans = with_part("bans", "{}");
    ASSERT_TRUE(without_bans);
    EXPECT_TRUE(without_bans->bans.empty());
    EXPECT_EQ(without_bans->rates, example().rates);
}

TEST(Snapshot, ADamagedEntryTakesNoOtherWithIt) {
    nlohmann::json document = nlohmann::json::parse(to_json(example()));
    document["bans"].insert(document["bans"].begin(), nlohmann::json::object());
    document["networks"].push_back("x");
    document["rates"]["user"].push_back({"b@example.org", {{"hour", {-1, {0, 0, 0}, {0, 0, 0}}}}});
    const Result<SnapshotFile> read = parse_snapshot(document.dump());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bans.size(), 2u);
    EXPECT_EQ(read->penalties.networks.size(), 2u);
    EXPECT_EQ(read->rates, example().rates);
    ASSERT_EQ(read->damage.size(), 3u);
    EXPECT_TRUE(read->damage[0].starts_with("networks: 1 of 3 entries")) << read->damage[0];
}

TEST(Snapshot, WindowsAndKindsThatOnlyAnotherGuarddKnowsDoNoHarm) {
    nlohmann::json document = nlohmann::json::parse(to_json(example()));
    document["rates"]["user"][0][1]["week"] = {1, {0, 0, 0}, {0, 0, 0}};
    document["rates"]["planet"] = {{"earth", {{"hour", {1, {0, 0, 0}, {0, 0, 0}}}}}};
    Result<SnapshotFile> read = parse_snapshot(document.dump());
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->damage.empty());
    EXPECT_EQ(read->rates, example().rates);
    document["rates"]["user"][0][1].erase("hour");
    read = parse_snapshot(document.dump());
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->damage.empty());
    const std::vector<Rates::Entry>& users = read->rates[index(RateKind::user)];
    ASSERT_EQ(users.size(), 1u);
    EXPECT_EQ(users[0].windows[index(Period::hour)], Rates::Window{});
    EXPECT_EQ(users[0].windows[index(Period::day)],
              example().rates[index(RateKind::user)][0].windows[index(Period::day)]);
}

TEST(Snapshot, ValuesOutOfAnySenseArePassedOver) {
    for (const char* networks :
         {"{}", "[1]", R"([["a",1]])", R"([["a",1,2,3]])", R"([[1,1,1]])", R"([["a","1",1]])", R"([["a",-1,1]])",
          R"([["a",1e300,1]])", R"([["a",1,-1]])", R"([["a",1,1.5]])", R"([["a",1,9223372036854775807]])"}) {
        const Result<SnapshotFile> read = with_part("networks", networks);
        ASSERT_TRUE(read) << networks;
        EXPECT_TRUE(read->penalties.networks.empty()) << networks;
        EXPECT_EQ(read->damage.size(), 1u) << networks;
    }
    for (const auto& [part, value] : {std::pair{"events", "-1"},
                                      {"events", "1.5"},
                                      {"bans", "{}"},
                                      {"bans", "[{}]"},
                                      {"repeats", "[1]"},
                                      {"rates", "[]"},
                                      {"rates", R"({"user":{}})"},
                                      {"rates", R"({"user":[["a",[1,[0,0,0],[0,0,0]]]]})"},
                                      {"rates", R"({"user":[["a",{"hour":[-1,[0,0,0],[0,0,0]]}]]})"},
                                      {"rates", R"({"user":[["a",{"hour":[1,[0,0],[0,0,0]]}]]})"},
                                      {"rates", R"({"user":[["a",{"day":[1,[0,0,-1],[0,0,0]]}]]})"},
                                      {"rates", R"({"user":[["",{"day":[1,[0,0,0],[0,0,0]]}]]})"},
                                      {"taken_at", "-1"},
                                      {"taken_at", "9223372036854775807"}}) {
        const Result<SnapshotFile> read = with_part(part, value);
        ASSERT_TRUE(read) << part << value;
        EXPECT_EQ(read->damage.size(), 1u) << part << value;
    }
    for (const char* document : {"", "[]", "null", "{}", R"({"version":2})"})
        EXPECT_FALSE(parse_snapshot(document)) << document;
}

}  // namespace
}  // namespace posthouse::guard
