// Sender: one datagram.
#include "queued/wake/sender.h"

#include <sys/socket.h>
#include <sys/time.h>

#include "lib/net/unix_path.h"

namespace posthouse::wake {

std::string socket_path(const std::string& run_folder) { return run_folder + "/queued.wake"; }

Sender::Sender(std::string path) : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

bool Sender::tell(const Signal& signal) { return send(signal, MSG_DONTWAIT); }

bool Sender::tell_within(const Signal& signal, std::chrono::milliseconds patience) {
    const timeval limit{.tv_sec = static_cast<time_t>(patience.count() / 1000),
                        .tv_usec = static_cast<suseconds_t>(patience.count() % 1000 * 1000)};
    if (!socket_ || ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return false;
    return send(signal, 0);
}

bool Sender::send(const Signal& signal, int flags) {
    const Result<net::UnixPath> target = net::make_unix_path(path_);
    if (!socket_ || !target) return false;
    const std::string text = to_datagram(signal);
    const ssize_t sent = ::sendto(socket_.get(), text.data(), text.size(), flags | MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&target->address), sizeof target->address);
    return sent == static_cast<ssize_t>(text.size());
}

}  // namespace posthouse::wake
