// What queued says and hears on its control socket of the deliveries that go on: JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "queued/core/active.h"
#include "queued/spool/order.h"

namespace posthouse::queued {

/// A list of {"id", "since" (seconds since 1970), "route", "host", "stage", "recipients" (places in the envelope's
/// list)}.
std::string attempts_document(const Active& active);
/// {"id", "order" ("hold", "delete", "bounce"), "reason"}; nullopt: it is none.
std::optional<std::pair<std::string, spool::Order>> parse_order(std::string_view document);

}  // namespace posthouse::queued
