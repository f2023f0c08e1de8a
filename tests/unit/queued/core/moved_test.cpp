// Mail for users who were renamed after it was queued.
#include <gtest/gtest.h>

#include "tests/unit/queued/core/active_world.h"

namespace posthouse::queued {
namespace {

class MovedTest : public ActiveTest {
  protected:
    /// lmtpd knows nobody of these names.
    void forget(std::vector<std::string> names) {
        world.courier.fate = [names = std::move(names)](const std::string&, const std::string& recipient) {
            if (std::ranges::find(names, recipient) == names.end()) return Fate{.kind = EventKind::delivered};
            return refused("5.1.1", "550 5.1.1 User unknown");
        };
    }
    std::vector<std::string> tried() const {
        std::vector<std::string> all;
        for (const auto& delivery : world.courier.deliveries)
            all.insert(all.end(), delivery.recipients.begin(), delivery.recipients.end());
        return all;
    }
    using Names = std::vector<std::string>;
};

TEST_F(MovedTest, WhoHasAnotherNameGetsItAtOnce) {
    forget({"sales@local.example"});
    world.start();
    const std::string id =
        world.accept(envelope_to({{"bob@local.example", "local"}, {"sales@local.example", "local"}}));
    world.until([&] { return is_empty(); });
    EXPECT_EQ(tried(), (Names{"bob@local.example", "sales@local.example", "alice@local.example"})) << "and no report";
    EXPECT_EQ(world.courier.deliveries.back().id, id);
    EXPECT_FALSE(world.courier.deliveries.back().certainly_first);
}

TEST_F(MovedTest, WhereSeveralStandForTheNameAllGetItOrItIsTriedAgain) {
    world.courier.fate = [](const std::string&, const std::string& recipient) {
        if (recipient == "team@local.example") return refused("5.1.1", "550 5.1.1 User unknown");
        return recipient == "bob@local.example" ? put_off() : Fate{.kind = EventKind::delivered};
    };
    world.start();
    world.accept(envelope_to({{"team@local.example", "local"}}));
    world.until([&] { return world.files(Folder::deferred).size() == 1; });
    EXPECT_EQ(tried(), (Names{"team@local.example", "alice@local.example", "bob@local.example"}));
}

TEST_F(MovedTest, WhoIsGoneGoesBackAndWhoCantBeLookedUpWaits) {
    forget({"bob@local.example", "broken@local.example", "ext@local.example", "nobody@local.example"});
    world.start();
    for (const char* name : {"bob", "ext", "nobody"}) {  // the directory still knows bob, and ext leads elsewhere
        const std::size_t before = count();
        world.accept(envelope_to({{std::string(name) + "@local.example", "local"}}));
        world.until([&] { return count() == before + 2 && is_empty(); });
        EXPECT_EQ(tried().back(), "alice@local.example") << "a report for " << name;
    }
    world.accept(envelope_to({{"broken@local.example", "local"}}));
    world.until([&] { return world.files(Folder::deferred).size() == 1; });
    EXPECT_EQ(world.only(Folder::deferred).states[0].status, "4.3.0");
}

}  // namespace
}  // namespace posthouse::queued
