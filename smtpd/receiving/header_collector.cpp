// HeaderCollector: the header of a message, as far as it is looked at.
#include "smtpd/receiving/header_collector.h"

#include <algorithm>

namespace posthouse::smtpd {

void HeaderCollector::feed(std::string_view content) {
    if (complete_ || content.empty()) return;
    if (text_.size() == max_size) {
        complete_ = cut_ = true;
        return;
    }
    constexpr std::string_view end = "\r\n\r\n";
    const std::size_t before = text_.size();
    const std::string_view taken = content.substr(0, max_size - before);
    text_ += taken;
    cut_ = taken.size() < content.size();
    if (text_.starts_with("\r\n")) {
        text_.resize(2);
        complete_ = true;
    } else if (const auto at = text_.find(end, before - std::min(before, end.size() - 1)); at != std::string::npos) {
        text_.resize(at + end.size());
        complete_ = true;
    } else {
        complete_ = cut_;
        return;
    }
    cut_ = false;
}

}  // namespace posthouse::smtpd
