// Until when an attempt is the only one.
#include "lib/transfer/timeouts.h"

#include <algorithm>

namespace posthouse::transfer {

std::string first_until(const Timeouts& timeouts, std::chrono::milliseconds longest) {
    const auto soonest = std::min({longest, timeouts.mail, timeouts.rcpt, timeouts.data_init, timeouts.data_block,
                                   timeouts.data_done, timeouts.message});
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(now + soonest).count());
}

}  // namespace posthouse::transfer
