// What lmtpd's replies mean: nothing is acknowledged that not every recipient has, or the queue has for them.
#include "smtpd/delivery/outcome.h"

#include <gtest/gtest.h>

namespace posthouse::smtpd {
namespace {

const smtp::Reply stored(250, "2.1.5", "ok");
const smtp::Reply later(450, "4.2.1", "locked");
const smtp::Reply never(550, "5.2.1", "disabled");
const smtp::Reply gone(550, "5.1.1", "User unknown");

TEST(Outcome, AllStoredIsAcknowledged) {
    const Outcome outcome = combine({stored, stored}, "7");
    EXPECT_EQ(outcome.reply.to_wire(), "250 2.0.0 Ok: delivered, id 7\r\n");
    EXPECT_TRUE(outcome.left.empty());
}

TEST(Outcome, NothingStoredIsLmtpdsErrorTransientBeforePermanent) {
    EXPECT_EQ(combine({never, never}, "7").reply, never);
    EXPECT_EQ(combine({never, later}, "7").reply, later);
    EXPECT_TRUE(combine({never, later}, "7").left.empty());
}

TEST(Outcome, WhoWasKnownAndIsNotAnyMoreIsToBeTriedAgain) {
    EXPECT_EQ(combine({gone, gone}, "id").reply.code, 451);
    EXPECT_EQ(combine({gone, never}, "id").reply.code, 451);
}

TEST(Outcome, OfAMixtureTheOthersAreLeftWhateverWasSaidOfThem) {
    EXPECT_EQ(combine({stored, later}, "7").left, std::vector<std::size_t>{1});
    EXPECT_EQ(combine({never, stored, gone}, "7").left, (std::vector<std::size_t>{0, 2}));
}

TEST(Outcome, AReplyThatIsNeitherIsTransient) {
    EXPECT_EQ(combine({smtp::Reply(354, "", "go on")}, "7").reply.code, 451);
}

}  // namespace
}  // namespace posthouse::smtpd
