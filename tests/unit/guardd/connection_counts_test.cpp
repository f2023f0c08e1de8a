// Tests of connection counts: limits, owners, and what ends with them.
#include "guardd/connection_counts.h"

#include <gtest/gtest.h>

namespace posthouse::guard {
namespace {

TEST(ConnectionCounts, LetsInAsManyAsTheLimit) {
    ConnectionCounts counts;
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 2));
    EXPECT_TRUE(counts.open(2, "imap", "192.0.2.1", 2));
    EXPECT_FALSE(counts.open(1, "imap", "192.0.2.1", 2));
    EXPECT_EQ(counts.count("imap", "192.0.2.1"), 2u);
    EXPECT_EQ(counts.total(), 2u);
}

TEST(ConnectionCounts, ServicesAndNetworksAreCountedApart) {
    ConnectionCounts counts;
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 1));
    EXPECT_TRUE(counts.open(1, "smtp", "192.0.2.1", 1));
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.2", 1));
    EXPECT_FALSE(counts.open(1, "imap", "192.0.2.2", 1));
    EXPECT_EQ(counts.entries(), 3u);
}

TEST(ConnectionCounts, AnEndedConnectionMakesRoom) {
    ConnectionCounts counts;
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 1));
    counts.close(1, "imap", "192.0.2.1");
    EXPECT_EQ(counts.total(), 0u);
    EXPECT_EQ(counts.entries(), 0u);
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 1));
}

TEST(ConnectionCounts, AnOwnerCannotEndTheConnectionsOfAnother) {
    ConnectionCounts counts;
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 5));
    counts.close(2, "imap", "192.0.2.1");
    counts.close(1, "pop3", "192.0.2.1");
    EXPECT_EQ(counts.count("imap", "192.0.2.1"), 1u);
    counts.close(1, "imap", "192.0.2.1");
    counts.close(1, "imap", "192.0.2.1");
    EXPECT_EQ(counts.count("imap", "192.0.2.1"), 0u);
    EXPECT_EQ(counts.total(), 0u);
}

TEST(ConnectionCounts, AllCountsOfAnOwnerEndWithIt) {
    ConnectionCounts counts;
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 9));
    EXPECT_TRUE(counts.open(1, "imap", "192.0.2.1", 9));
    EXPECT_TRUE(counts.open(1, "smtp", "2001:db8::/64", 9));
    EXPECT_TRUE(counts.open(2, "imap", "192.0.2.1", 9));
    counts.forget(1);
    counts.forget(7);
    EXPECT_EQ(counts.count("imap", "192.0.2.1"), 1u);
    EXPECT_EQ(counts.total(), 1u);
    EXPECT_EQ(counts.entries(), 1u);
}

TEST(ConnectionCounts, RestoredConnectionsCountWhateverTheLimit) {
    ConnectionCounts counts;
    counts.restore(1, "imap", "192.0.2.1", 70);
    counts.restore(1, "imap", "192.0.2.2", 0);
    EXPECT_EQ(counts.total(), 70u);
    EXPECT_EQ(counts.entries(), 1u);
    EXPECT_FALSE(counts.open(2, "imap", "192.0.2.1", 50));
    counts.close(1, "imap", "192.0.2.1");
    EXPECT_EQ(counts.count("imap", "192.0.2.1"), 69u);
}

TEST(ConnectionCounts, AnAbsurdCountIsCutSoThatNothingOverflows) {
    ConnectionCounts counts;
    counts.restore(1, "imap", "192.0.2.1", UINT64_MAX);
    counts.restore(1, "imap", "192.0.2.1", UINT64_MAX);
    EXPECT_EQ(counts.total(), 100'000u);
    counts.forget(1);
    EXPECT_EQ(counts.total(), 0u);
}

TEST(ConnectionCounts, OneOwnerCannotFillTheMemory) {
    ConnectionCounts counts;
    for (int i = 0; i < 100'010; ++i) counts.restore(1, "imap", std::to_string(i), 1);
    EXPECT_EQ(counts.entries(), 100'000u);
    counts.forget(1);
    EXPECT_EQ(counts.entries(), 0u);
}

}  // namespace
}  // namespace posthouse::guard
