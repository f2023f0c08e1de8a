// A folder with a configuration, stand-ins for the daemons, and posthoused running on it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace posthouse::supervisor {

class Instance {
  public:
    Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    /// Kills posthoused if it runs, and removes the folder.
    ~Instance();

    const std::string& folder() const { return folder_; }
    std::string config_path() const { return folder_ + "/posthouse.toml"; }
    /// Where the listener `smtp` is.
    const std::string& host() const { return host_; }
    static constexpr int port = 11925;
    /// Replaces the configuration; `extra` is added to what makes everything lie in the folder.
    void configure(const std::string& extra = "");
    void behave(const std::string& daemon, const std::string& behaviour) const;

    /// Starts posthoused in the foreground; its standard error goes to output().
    void start();
    /// Runs posthoused with further arguments to its end and returns its exit code.
    int run(const std::string& argument);
    void signal(int number) const;
    /// The exit code of posthoused, when it has ended within 60 s; else -1. 128 + n: killed by signal n.
    int wait();
    pid_t pid() const { return pid_; }

    /// What posthoused wrote to standard error.
    std::string output() const;
    std::string log() const;
    std::string events() const;
    std::string status() const;
    /// The pid of a running part, from the status file; 0 when it doesn't run.
    pid_t part(const std::string& daemon) const;
    /// Polls until `condition` holds; false after 60 s.
    static bool eventually(const std::function<bool()>& condition);
    bool becomes_ready() const;

  private:
    std::string folder_;
    std::string host_;
    pid_t pid_ = 0;
};

}  // namespace posthouse::supervisor
