// One reply out of many: nothing is acknowledged that not every recipient has.
#include "smtpd/delivery/outcome.h"

#include <gtest/gtest.h>

namespace posthouse::smtpd {
namespace {

const smtp::Reply stored(250, "2.1.5", "ok");
const smtp::Reply later(450, "4.2.1", "locked");
const smtp::Reply never(550, "5.2.1", "disabled");
const std::vector<smtp::Mailbox> two{{"a", "x.example"}, {"b", "x.example"}};

TEST(Outcome, AllStoredIsAcknowledged) {
    EXPECT_EQ(combine(two, {stored, stored}, "7").to_wire(), "250 2.0.0 Ok: delivered, id 7\r\n");
}

TEST(Outcome, NothingStoredIsLmtpdsErrorTransientBeforePermanent) {
    EXPECT_EQ(combine(two, {never, never}, "7"), never);
    EXPECT_EQ(combine(two, {never, later}, "7"), later);
}

TEST(Outcome, WhoWasKnownAndIsNotAnyMoreIsToBeTriedAgain) {
    const smtp::Reply reply = combine(two, {{550, "5.1.1", "User unknown"}, {550, "5.1.1", "User unknown"}}, "id");
    EXPECT_EQ(reply.code, 451);
    EXPECT_EQ(combine(two, {{250, "2.0.0", "ok"}, {550, "5.1.1", "User unknown"}}, "id").code, 451);
}

TEST(Outcome, AMixtureNamesWhoFailed) {
    EXPECT_EQ(combine(two, {stored, later}, "7").to_wire(),
              "450 4.2.1 <b@x.example>: locked (other recipients have the message)\r\n");
    EXPECT_EQ(combine(two, {never, stored}, "7").to_wire(),
              "550 5.2.1 <a@x.example>: disabled (other recipients have the message)\r\n");
}

TEST(Outcome, AReplyThatIsNeitherIsTransient) {
    EXPECT_EQ(combine(two, {stored, smtp::Reply(354, "", "go on")}, "7").code, 451);
}

}  // namespace
}  // namespace posthouse::smtpd
