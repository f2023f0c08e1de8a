// Who is told of what: RFC 3461 §4.1, §5.2.
#include "lib/dsn/notify.h"

#include <gtest/gtest.h>

namespace posthouse::dsn {
namespace {

TEST(DsnNotify, WithoutItFailuresAreTold) {
    EXPECT_TRUE(is_wanted(Action::failed, std::nullopt));
    EXPECT_FALSE(is_wanted(Action::delivered, std::nullopt));
    EXPECT_FALSE(is_wanted(Action::relayed, std::nullopt));
    EXPECT_FALSE(is_wanted(Action::expanded, std::nullopt));
}

TEST(DsnNotify, WithoutItDelaysAreToldAsTheServerLikes) {
    EXPECT_TRUE(is_wanted(Action::delayed, std::nullopt, true));
    EXPECT_FALSE(is_wanted(Action::delayed, std::nullopt, false));
}

TEST(DsnNotify, NeverMeansNever) {
    for (const Action action :
         {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        EXPECT_FALSE(is_wanted(action, smtp::DsnNotify{}));
    }
}

TEST(DsnNotify, EachKeywordStandsForItself) {
    EXPECT_FALSE(is_wanted(Action::failed, smtp::DsnNotify{.success = true}));
    EXPECT_TRUE(is_wanted(Action::delivered, smtp::DsnNotify{.success = true}));
    EXPECT_TRUE(is_wanted(Action::expanded, smtp::DsnNotify{.success = true}));
    EXPECT_TRUE(is_wanted(Action::failed, smtp::DsnNotify{.failure = true}));
    EXPECT_FALSE(is_wanted(Action::delayed, smtp::DsnNotify{.failure = true}))
        << "who lists keywords didn't list DELAY";
    EXPECT_TRUE(is_wanted(Action::delayed, smtp::DsnNotify{.delay = true}, false));
}

}  // namespace
}  // namespace posthouse::dsn
