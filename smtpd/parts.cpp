// Parts: the connections to authd and lmtpd, made from the configuration.
#include "smtpd/parts.h"

namespace posthouse::smtpd {
namespace {

/// Each accepted message waits for the disk, and the disk syncs many at once as fast as one.
constexpr std::size_t disk_threads = 16;

}  // namespace

Parts::Parts(daemon::Daemon& frame)
    : daemon(frame),
      auth(frame.loop(), frame.config()->listen.login),
      directory(frame.loop(), frame.config()->listen.socketmap),
      guard(frame.loop(), frame.config()->listen.guard),
      lmtp(frame.loop(), frame.config()->listen.lmtp, frame.config()->general.hostname,
           static_cast<std::size_t>(frame.config()->smtpd.lmtp_connections)),
      quota(frame.loop(), frame.config()->listen.quota),
      disk(frame.loop(), disk_threads),
      queue(disk, frame.config()->general.spool_folder, wake::socket_path(frame.config()->general.run_folder)),
      forwarding(*frame.config()),
      known_domains(frame),
      counters(frame.metrics()),
      story(frame, {.processes = frame.config()->smtpd.workers}) {}

}  // namespace posthouse::smtpd
