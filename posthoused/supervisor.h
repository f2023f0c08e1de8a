// Supervisor: binds the sockets, starts every part, and from then on answers to what happens: a part becomes ready or
// dies, a signal comes, a time is over. One thread, one poll(2).
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "posthoused/configuration.h"
#include "posthoused/notify.h"
#include "posthoused/options.h"
#include "posthoused/part.h"

namespace posthouse::supervisor {

class Supervisor {
  public:
    /// `on_ready` is called once, when every part is ready for the first time.
    Supervisor(Options options, Configuration configuration, std::function<void()> on_ready);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Everything that can fail before a process runs: folders, lock, log, sockets. Errors: one line for the user.
    Result<> prepare();
    /// Runs until a signal ends it. Error: a part could not be started at all; the others have been stopped.
    Result<> run();

  private:
    enum class State { starting, running, stopping, failed };

    void start_all();
    void wait_for_events();
    void take_signals();
    void take_ready_notes();
    void reap();
    void part_ended(Part& part, int wait_status);
    void check_times();
    void all_ready();
    void reload();
    void begin_stop();
    void stop_stage();
    void fail_start(std::string line);
    bool any_runs() const;
    void write_status_file();

    Options options_;
    Configuration configuration_;
    std::function<void()> on_ready_;
    Surroundings surroundings_;
    State state_ = State::starting;
    std::time_t since_ = 0;
    UniqueFd run_lock_;
    UniqueFd signals_;
    std::vector<NotifySocket> notify_;  ///< one, once prepared
    std::vector<Socket> sockets_;
    std::deque<Part> parts_;
    int stage_ = 0;
    std::string failure_;
    bool status_changed_ = false;
};

/// posthoused's main: options, configuration, background, supervision. Returns the exit code.
int run_posthoused(int argc, char** argv);

}  // namespace posthouse::supervisor
