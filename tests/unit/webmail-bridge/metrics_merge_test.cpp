// Tests of merging pages in the Prometheus text format.
#include "webmail-bridge/metrics_merge.h"

#include <gtest/gtest.h>

namespace posthouse::bridge {
namespace {

TEST(MetricsMerge, EachFamilyStandsOnceWithTheSamplesOfAllDaemons) {
    const std::string imapd =
        "# HELP x_total Things\n# TYPE x_total counter\nx_total{daemon=\"imapd\"} 1\n"
        "# HELP y Other things\n# TYPE y gauge\ny{daemon=\"imapd\"} 2.5\n";
    const std::string smtpd =
        "# HELP z Only here\n# TYPE z gauge\nz{daemon=\"smtpd\"} 7\n"
        "# HELP x_total Things\n# TYPE x_total counter\nx_total{daemon=\"smtpd\",result=\"ok\"} 3\n";
    EXPECT_EQ(merge_metrics({{1, imapd}, {2, smtpd}}),
              "# HELP x_total Things\n# TYPE x_total counter\n"
              "x_total{daemon=\"imapd\",worker=\"1\"} 1\n"
              "x_total{daemon=\"smtpd\",result=\"ok\",worker=\"2\"} 3\n"
              "# HELP y Other things\n# TYPE y gauge\ny{daemon=\"imapd\",worker=\"1\"} 2.5\n"
              "# HELP z Only here\n# TYPE z gauge\nz{daemon=\"smtpd\",worker=\"2\"} 7\n");
}

TEST(MetricsMerge, WorkersOfOneDaemonAreToldApart) {
    const std::string text = "# TYPE a gauge\na{daemon=\"imapd\"} 1\n";
    EXPECT_EQ(merge_metrics({{1, text}, {2, text}}),
              "# TYPE a gauge\na{daemon=\"imapd\",worker=\"1\"} 1\na{daemon=\"imapd\",worker=\"2\"} 1\n");
}

TEST(MetricsMerge, AWorkerLabelThatIsThereStays) {
    EXPECT_EQ(merge_metrics({{2, "a{worker=\"9\"} 1\n"}}), "a{worker=\"9\"} 1\n");
    EXPECT_EQ(merge_metrics({{2, "a{x=\"worker=\"} 1\n"}}), "a{x=\"worker=\",worker=\"2\"} 1\n");
    EXPECT_EQ(merge_metrics({{2, "a{coworker=\"9\"} 1\n"}}), "a{coworker=\"9\",worker=\"2\"} 1\n");
}

TEST(MetricsMerge, SamplesWithoutLabelsGetOne) {
    EXPECT_EQ(merge_metrics({{1, "a 1\nb{} 2 1395066363000\nc{x=\"1\",} +Inf\n"}}),
              "a{worker=\"1\"} 1\nb{worker=\"1\"} 2 1395066363000\nc{x=\"1\",worker=\"1\"} +Inf\n");
}

TEST(MetricsMerge, ValuesOfLabelsMayHoldAnything) {
    const std::string text = "a{path=\"C:\\\\DIR\\\\\",error=\"Cannot \\\"find\\\" }, x=1\\n\"} 4\n";
    EXPECT_EQ(merge_metrics({{1, text}}),
              "a{path=\"C:\\\\DIR\\\\\",error=\"Cannot \\\"find\\\" }, x=1\\n\",worker=\"1\"} 4\n");
}

TEST(MetricsMerge, AHistogramIsOneFamily) {
    const std::string text =
        "# HELP h Time\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
        "# TYPE h_total counter\nh_total 1\n";
    EXPECT_EQ(merge_metrics({{1, text}, {2, text}}),
              "# HELP h Time\n# TYPE h histogram\n"
              "h_bucket{le=\"1\",worker=\"1\"} 1\nh_bucket{le=\"+Inf\",worker=\"1\"} 2\nh_sum{worker=\"1\"} 3\n"
              "h_count{worker=\"1\"} 2\n"
              "h_bucket{le=\"1\",worker=\"2\"} 1\nh_bucket{le=\"+Inf\",worker=\"2\"} 2\nh_sum{worker=\"2\"} 3\n"
              "h_count{worker=\"2\"} 2\n"
              "# TYPE h_total counter\nh_total{worker=\"1\"} 1\nh_total{worker=\"2\"} 1\n");
}

TEST(MetricsMerge, AFamilyOfAnotherTypeIsLeftOut) {
    EXPECT_EQ(merge_metrics({{1, "# TYPE a counter\na 1\n"}, {2, "# TYPE a gauge\na 2\n# TYPE b gauge\nb 3\n"}}),
              "# TYPE a counter\na{worker=\"1\"} 1\n# TYPE b gauge\nb{worker=\"2\"} 3\n");
    EXPECT_EQ(merge_metrics({{1, "# TYPE a counter\na 1\n"}, {2, "a 2\n"}}), "# TYPE a counter\na{worker=\"1\"} 1\n");
}

TEST(MetricsMerge, WhatIsNoMetricIsLeftOut) {
    EXPECT_EQ(
        merge_metrics({{1, "<html>\n{x=\"1\"} 1\na\na{\na{x=\"} 1\n1a 1\n# a comment\n\n# TYPE \n# HELP \nok 1"}}),
        "ok{worker=\"1\"} 1\n");
    EXPECT_EQ(merge_metrics({}), "");
}

}  // namespace
}  // namespace posthouse::bridge
