// What submission adds to a message that lacks it (RFC 6409 §8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "smtpd/receiving/header_collector.h"

namespace posthouse::smtpd {

/// Date (RFC 6409 §8.2) and Message-ID (RFC 6409 §8.3) as fields, each only when the header has none; nothing when the
/// header is too long to be looked at. `time`: seconds since 1970.
std::string added_fields(const HeaderCollector& header, std::string_view id, std::string_view hostname,
                         std::int64_t time);

}  // namespace posthouse::smtpd
