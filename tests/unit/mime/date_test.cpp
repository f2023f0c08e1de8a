// Tests of lib/mime/date.h: the dates of RFC 5322 Appendix A first, then what senders really write.
#include "lib/mime/date.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

/// The date-time read from `value`; fails the test when there is none.
DateTime read(std::string_view value) {
    const auto date = parse_date(value);
    EXPECT_TRUE(date) << value;
    return date.value_or(DateTime{});
}

TEST(Date, ExamplesOfTheRfcGiveTheirMoments) {
    EXPECT_EQ(read("Fri, 21 Nov 1997 09:55:06 -0600"), (DateTime{880127706, -360}));
    EXPECT_EQ(read("Tue, 1 Jul 2003 10:52:37 +0200"), (DateTime{1057049557, 120}));
    EXPECT_EQ(read("Thu, 13 Feb 1969 23:32:54 -0330"), (DateTime{-27723426, -210}));
}

// RFC 5322 Appendix A.5 and A.6.3.
TEST(Date, CommentsAndFoldsMayStandAnywhere) {
    EXPECT_EQ(read("Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 "
                   "(Newfoundland Time)"),
              (DateTime{-27723480, -210}));
    EXPECT_EQ(read("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), (DateTime{880127706, -360}));
}

// RFC 5322 §4.3.
TEST(Date, ObsoleteYearsAndZonesAreRead) {
    EXPECT_EQ(read("21 Nov 97 09:55:06 GMT"), (DateTime{880106106, 0}));
    EXPECT_EQ(read("21 Nov 97 09:55:06 EDT"), (DateTime{880120506, -240}));
    EXPECT_EQ(read("1 Jan 49 00:00 PST"), (DateTime{2493100800, -480}));
    EXPECT_EQ(read("1 Jan 103 00:00 UT"), (DateTime{1041379200, 0}));
    EXPECT_EQ(read("1 Jan 0102 00:00 +0000"), (DateTime{1009843200, 0}));
    EXPECT_EQ(read("1 Jan 2000 00:00 X"), (DateTime{946684800, 0}));
    EXPECT_EQ(read("1 Jan 2000 00:00:00 -0000"), (DateTime{946684800, 0}));
}

TEST(Date, CarelessDatesAreRead) {
    EXPECT_EQ(read("Nov 21, 1997 9:55 PM"), (DateTime{880149300, 0}));
    EXPECT_EQ(read("21-Nov-1997 12:01 AM"), (DateTime{880070460, 0}));
    EXPECT_EQ(read("Fri Nov 21 09:55:06 1997"), (DateTime{880106106, 0}));
    EXPECT_EQ(read("Thu Sep 12 12:00:00 PDT 2002"), (DateTime{1031857200, -420}));
    EXPECT_EQ(read("Friday, 21 November 1997 09:55:06 GMT+0100"), (DateTime{880102506, 60}));
    EXPECT_EQ(read("1997-11-21T09:55:06.123+01:00"), (DateTime{880102506, 60}));
    EXPECT_EQ(read("1997-11-21"), (DateTime{880070400, 0}));
    EXPECT_EQ(read("29 Feb 2000"), (DateTime{951782400, 0}));
    EXPECT_EQ(read("1 Jan 2000 00:00:00 +9999"), (DateTime{946684800, 0}));
    EXPECT_EQ(read("Sat, 31 Dec 2016 23:59:60 +0000"), (DateTime{1483228799, 0}));
}

TEST(Date, WhatDoesNotExistIsNoDate) {
    for (const std::string_view value :
         {"", "Whenever", "31 Feb 2000 00:00:00 +0000", "29 Feb 1900", "0 Jan 2000", "1 Jan 2000 24:00:00 +0000",
          "1 Jan 2000 00:60:00 +0000", "1 Jan 2000 00:00:61 +0000", "1 Jan", "Jan 2000", "1 Jan 1899", "1997-13-01",
          "99999999999 Jan 2000", "1 Jan 2000 99999999999:00"}) {
        EXPECT_FALSE(parse_date(value)) << value;
    }
}

TEST(Date, DaysAreThoseOfTheGregorianCalendar) {
    EXPECT_EQ(seconds_of_day(1970, 1, 1), 0);
    EXPECT_EQ(seconds_of_day(1969, 12, 31), -86400);
    EXPECT_EQ(seconds_of_day(2000, 3, 1), 951868800);
    EXPECT_EQ(seconds_of_day(1900, 3, 1), -2203891200);
    EXPECT_EQ(seconds_of_day(9999, 12, 31), 253402214400);
}

}  // namespace
}  // namespace posthouse::mime
