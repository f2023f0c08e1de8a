// Edit distance between a mistyped name and the known ones.
#include "lib/config/nearest.h"

#include <algorithm>
#include <numeric>

#include "lib/base/ascii.h"

namespace posthouse::config {
namespace {

/// A longer name is no typing mistake, and the distance costs the product of the lengths.
constexpr std::size_t max_name = 64;

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (ascii::to_lower(a[i]) == ascii::to_lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest_hint(std::string_view name, const std::vector<std::string_view>& candidates) {
    if (name.empty() || name.size() > max_name) return {};
    std::string_view best;
    std::size_t best_distance = name.size() / 3 + 2;
    for (const std::string_view candidate : candidates) {
        const std::size_t far = distance(name, candidate);
        // A name that is a part of a known one ("size_limit") is near, too.
        const bool part = name.size() >= 4 && candidate.find(name) != std::string_view::npos;
        const std::size_t cost = part ? 1 : far;
        if (cost < best_distance) {
            best = candidate;
            best_distance = cost;
        }
    }
    return best.empty() ? "" : "; did you mean \"" + std::string(best) + "\"?";
}

}  // namespace posthouse::config
