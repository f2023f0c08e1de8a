// Merges what several daemons say in the Prometheus text format (version 0.0.4) into one page. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::bridge {

/// The metrics of one worker.
struct MetricsText {
    std::int64_t worker = 1;  ///< becomes the label `worker` of every sample that has none
    std::string text;
};

/// One page on which each family stands once, its # HELP and # TYPE before its samples, in the order of first sight.
/// The first worker that has a family says what it is; samples of another type under the same name, and lines that are
/// no metrics, are left out.
std::string merge_metrics(const std::vector<MetricsText>& texts);

}  // namespace posthouse::bridge
