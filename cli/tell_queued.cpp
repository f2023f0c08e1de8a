// One datagram to queued.
#include "cli/tell_queued.h"

#include <chrono>

namespace posthouse::cli {

wake::Sender to_queued(const config::Config& config) {
    return wake::Sender(wake::socket_path(config.general.run_folder));
}

bool tell_queued(wake::Sender& queued, wake::Signal::Kind kind, const std::string& subject) {
    return queued.tell_within({kind, subject}, std::chrono::seconds(5));
}

}  // namespace posthouse::cli
