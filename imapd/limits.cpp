// From the parameters of [imapd] to the bounds of the parsers.
#include "imapd/limits.h"

namespace posthouse::imapd {

imap::Limits limits_of(const config::Config& config) {
    return {.set_ranges = static_cast<std::size_t>(config.imapd.set_ranges),
            .search_keys = static_cast<std::size_t>(config.imapd.search_keys),
            .search_depth = static_cast<int>(config.imapd.search_depth),
            .mailbox_name = static_cast<std::size_t>(config.imapd.mailbox_name_limit)};
}

imap::CommandBounds bounds_of(const config::Config& config) {
    return {.text = static_cast<std::size_t>(config.imapd.line_limit),
            .literal_sum = static_cast<std::size_t>(config.imapd.literal_limit),
            .literals = static_cast<std::size_t>(config.imapd.literals),
            .messages = true,
            .limits = limits_of(config)};
}

}  // namespace posthouse::imapd
