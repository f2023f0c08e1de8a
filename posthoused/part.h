// Part: one worker of one daemon over its life: starting, ready, dead and waiting for its restart, stopped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "posthoused/backoff.h"
#include "posthoused/daemons.h"
#include "posthoused/sockets.h"
#include "posthoused/status.h"

namespace posthouse::supervisor {

/// What every part needs to start.
struct Surroundings {
    std::string program_folder;
    std::string config_path;
    std::string notify_path;
    bool own_stderr = false;  ///< what a daemon writes to standard error goes to the log
};

class Part {
  public:
    enum class State { starting, ready, waiting, stopping, stopped };

    Part(const DaemonKind& kind, std::int64_t worker, const std::vector<Socket>& sockets);

    /// "imapd-1"
    const std::string& name() const { return name_; }
    const DaemonKind& kind() const { return kind_; }
    State state() const { return state_; }
    pid_t pid() const { return pid_; }
    bool runs() const { return pid_ > 0; }
    int stderr_fd() const { return stderr_.get(); }
    /// The last line it wrote to standard error.
    const std::string& last_words() const { return last_words_; }
    const std::string& last_exit() const { return last_exit_; }
    /// When something is due: restart, or the end of the patience with a start or a stop.
    std::optional<Clock::time_point> due() const { return due_; }

    /// (Re)writes what the daemon reads at its start and at SIGHUP.
    Result<> write_bundle(const config::Config& config, const std::map<std::string, std::string>& tls_files);
    Result<> start(const Surroundings& surroundings, const config::Config& config);
    void became_ready();
    /// The process ended. Outside of a stop it will be started again after a pause, which is returned.
    Milliseconds ended(int wait_status, const config::Config& config);
    void reload() const;
    /// Asks the process to drain and end; without a process the part is stopped at once.
    void stop(Milliseconds patience);
    void kill();
    /// Takes what the process wrote to standard error; each line goes to the log.
    void read_stderr();
    PartStatus status(const config::Config& config) const;

  private:
    void enter(State state);
    void take_line(std::string_view line);

    const DaemonKind& kind_;
    std::int64_t worker_;
    std::string name_;
    std::vector<std::pair<std::string, int>> sockets_;
    UniqueFd bundle_;
    State state_ = State::stopped;
    std::time_t since_ = 0;
    pid_t pid_ = 0;
    Clock::time_point started_;
    std::optional<Clock::time_point> due_;
    Backoff backoff_;
    unsigned restarts_ = 0;
    std::string last_exit_;
    UniqueFd stderr_;
    std::string stderr_rest_;
    std::string last_words_;
};

}  // namespace posthouse::supervisor
