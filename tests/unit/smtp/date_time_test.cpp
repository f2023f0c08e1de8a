// Date and time: the examples of RFC 3339 §5.8.
#include "lib/smtp/date_time.h"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

TEST(DateTime, IsThatOfRfc3339) {
    EXPECT_EQ(parse_date_time("1985-04-12T23:20:50.52Z"), 482196050);
    EXPECT_EQ(parse_date_time("1996-12-19T16:39:57-08:00"), 851042397);
    EXPECT_EQ(parse_date_time("1990-12-31T23:59:60Z"), 662688000);
    EXPECT_EQ(parse_date_time("1990-12-31T15:59:60-08:00"), 662688000);
    EXPECT_EQ(parse_date_time("1970-01-01t00:00:00z"), 0);
}

TEST(DateTime, RefusesWhatIsNone) {
    for (const char* text : {"",
                             "2006",
                             "2006-01-02",
                             "2006-01-02T15:04:05",
                             "2006-01-02 15:04:05Z",
                             "06-01-02T15:04:05Z",
                             "2006-13-02T15:04:05Z",
                             "2006-00-02T15:04:05Z",
                             "2006-02-29T15:04:05Z",
                             "2006-01-02T24:04:05Z",
                             "2006-01-02T15:60:05Z",
                             "2006-01-02T15:04:61Z",
                             "2006-01-02T15:04:05.Z",
                             "2006-01-02T15:04:05+1:00",
                             "2006-01-02T15:04:05+24:00",
                             "2006-01-02T15:04:05+01:60",
                             "2006-01-02T15:04:05Zx",
                             "2006-01-02T15:04:05+01:00x",
                             "-006-01-02T15:04:05Z",
                             "9999-12-31T23:59:59-01:00",
                             "0000-01-01T00:00:00+01:00"}) {
        EXPECT_EQ(parse_date_time(text), std::nullopt) << text;
    }
}

TEST(DateTime, WhatIsWrittenIsReadAsTheSame) {
    EXPECT_EQ(format_date_time(1136214245), "2006-01-02T15:04:05Z");
    for (const std::int64_t time :
         {year_0, std::int64_t{-1}, std::int64_t{0}, std::int64_t{951782400}, year_10000 - 1}) {
        EXPECT_EQ(parse_date_time(format_date_time(time)), time);
    }
    EXPECT_EQ(format_date_time(INT64_MAX), "9999-12-31T23:59:59Z");
    EXPECT_EQ(format_date_time(INT64_MIN), "0000-01-01T00:00:00Z");
}

}  // namespace
}  // namespace posthouse::smtp
