// What queued is told by datagrams.
#include "queued/wake/signal.h"

#include <gtest/gtest.h>

#include "queued/wake/receiver.h"
#include "queued/wake/sender.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::wake {
namespace {

using enum Signal::Kind;

TEST(Signals, AreReadAsTheyAreWritten) {
    for (const Signal& signal :
         {Signal{arrived, "0123456789ABCDEF"}, Signal{flush, "0123456789ABCDEF"},
          Signal{destination, "smtp:[mail.example.net]:25"}, Signal{tls_reports, "ended"}, Signal{tls_reports, "all"}})
        EXPECT_EQ(parse_signal(to_datagram(signal)), signal);
}

TEST(Signals, WhatIsNoneIsPassedOver) {
    for (const char* text : {"", "arrived", "arrived ", "arrived 0123", "arrived ../../etc/passwd", "flush",
                             "destination", "changed", "tls-reports", "tls-reports now", "ARRIVED 0123456789ABCDEF",
                             "arrived 0123456789abcdef", "arrived 0123456789ABCDEF\n"})
        EXPECT_EQ(parse_signal(text), std::nullopt) << text;
    EXPECT_EQ(parse_signal("destination " + std::string(max_signal, 'x')), std::nullopt);
}

TEST(Signals, ReachTheReceiverAndNobodyWhenThereIsNone) {
    const TemporaryFolder folder;
    const std::string path = socket_path(folder.path());
    Sender sender(path);
    EXPECT_FALSE(sender.tell({arrived, "0123456789ABCDEF"}));
    net::Loop loop;
    Receiver receiver = Receiver::bind(loop, path).value();
    EXPECT_TRUE(sender.tell({arrived, "0123456789ABCDEF"}));
    EXPECT_TRUE(sender.tell({destination, "local"}));
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(10));
    EXPECT_EQ(loop.run_until_complete(receiver.next(deadline)).value(), (Signal{arrived, "0123456789ABCDEF"}));
    EXPECT_EQ(loop.run_until_complete(receiver.next(deadline)).value(), (Signal{destination, "local"}));
}

TEST(Signals, ASenderNeverWaitsForAReceiverThatDoesNotRead) {
    const TemporaryFolder folder;
    net::Loop loop;
    const Receiver receiver = Receiver::bind(loop, folder.path() + "/s").value();
    Sender sender(folder.path() + "/s");
    int told = 0;
    while (told < 100'000 && sender.tell({destination, "local"})) ++told;
    EXPECT_LT(told, 100'000);
}

}  // namespace
}  // namespace posthouse::wake
