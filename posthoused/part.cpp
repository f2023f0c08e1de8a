// The life of one worker process.
#include "posthoused/part.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "lib/config/bundle.h"
#include "posthoused/exit_reason.h"
#include "posthoused/process.h"

namespace posthouse::supervisor {
namespace {

/// A longer line on standard error is cut in pieces.
constexpr std::size_t max_line = 4096;

std::string_view to_string(Part::State state) {
    switch (state) {
        case Part::State::starting: return "starting";
        case Part::State::ready: return "ready";
        case Part::State::waiting: return "waiting";
        case Part::State::stopping: return "stopping";
        case Part::State::stopped: return "stopped";
    }
    return "unknown";
}

}  // namespace

Part::Part(const DaemonKind& kind, std::int64_t worker, const std::vector<Socket>& sockets)
    : kind_(kind), worker_(worker), name_(std::string(kind.name) + "-" + std::to_string(worker)) {
    for (const Socket& socket : sockets) {
        if (socket.daemon == kind.name && (socket.worker == 0 || socket.worker == worker))
            sockets_.emplace_back(socket.name, socket.fd.get());
    }
}

void Part::enter(State state) {
    state_ = state;
    since_ = std::time(nullptr);
    due_.reset();
}

Result<> Part::write_bundle(const config::Config& config, const std::map<std::string, std::string>& tls_files) {
    if (!bundle_) {
        Result<UniqueFd> file = config::create_bundle_file(name_);
        if (!file) return fail(file.error());
        bundle_ = std::move(*file);
    }
    if (kind_.tls)
        return config::write_bundle_file(bundle_.get(), config::encode_bundle(config, kind_.sections, tls_files));
    config::Config without_keys = config;
    without_keys.tls.certificate.clear();
    without_keys.tls.key.clear();
    without_keys.tls.additional.clear();
    return config::write_bundle_file(bundle_.get(), config::encode_bundle(without_keys, kind_.sections, {}));
}

Result<> Part::start(const Surroundings& surroundings, const config::Config& config) {
    Result<Started> started = start_process({.program = surroundings.program_folder + "/" + std::string(kind_.name),
                                             .config_path = surroundings.config_path,
                                             .sockets = sockets_,
                                             .bundle = bundle_.get(),
                                             .notify_path = surroundings.notify_path,
                                             .own_stderr = surroundings.own_stderr});
    started_ = Clock::now();
    if (!started) {
        enter(State::waiting);
        due_ =
            started_ + backoff_.next(Milliseconds(0), config.general.restart_delay, config.general.restart_delay_limit);
        return fail(started.error());
    }
    pid_ = started->pid;
    stderr_ = std::move(started->stderr_pipe);
    stderr_rest_.clear();
    last_words_.clear();
    enter(State::starting);
    due_ = started_ + config.general.ready_timeout;
    return {};
}

void Part::became_ready() {
    if (state_ == State::starting) enter(State::ready);
}

Milliseconds Part::ended(int wait_status, const config::Config& config) {
    read_stderr();
    if (!stderr_rest_.empty()) take_line(std::exchange(stderr_rest_, {}));
    stderr_.reset();
    pid_ = 0;
    if (state_ == State::stopping) {
        enter(State::stopped);
        return Milliseconds(0);
    }
    last_exit_ = exit_reason(wait_status);
    ++restarts_;
    const auto now = Clock::now();
    const Milliseconds pause = backoff_.next(std::chrono::duration_cast<Milliseconds>(now - started_),
                                             config.general.restart_delay, config.general.restart_delay_limit);
    enter(State::waiting);
    due_ = now + pause;
    return pause;
}

void Part::reload() const {
    if (pid_ > 0) ::kill(pid_, SIGHUP);
}

void Part::stop(Milliseconds patience) {
    if (pid_ <= 0) {
        enter(State::stopped);
        return;
    }
    enter(State::stopping);
    due_ = Clock::now() + patience;
    ::kill(pid_, SIGTERM);
}

void Part::kill() {
    due_.reset();
    if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void Part::take_line(std::string_view line) {
    line = ascii::trim(line);
    if (line.empty()) return;
    last_words_ = line;
    log::warning("written to standard error", {{"part", name_}, {"line", line}});
}

void Part::read_stderr() {
    std::array<char, 4096> chunk;
    // What a pipe can hold, twice; a daemon that writes without end does not keep the supervisor from its work.
    for (int chunks = 0; stderr_ && chunks < 32; ++chunks) {
        const ssize_t length = ::read(stderr_.get(), chunk.data(), chunk.size());
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) return;
        if (length <= 0) {
            stderr_.reset();
            return;
        }
        stderr_rest_.append(chunk.data(), static_cast<std::size_t>(length));
        std::size_t begin = 0;
        for (;;) {
            const std::size_t end = stderr_rest_.find('\n', begin);
            if (end == std::string::npos && stderr_rest_.size() - begin < max_line) break;
            const std::size_t length_of_line = end == std::string::npos ? max_line : end - begin;
            take_line(std::string_view(stderr_rest_).substr(begin, length_of_line));
            begin += length_of_line + (end == std::string::npos ? 0 : 1);
        }
        stderr_rest_.erase(0, begin);
    }
}

PartStatus Part::status(const config::Config& config) const {
    return {.name = std::string(kind_.name),
            .worker = worker_,
            .state = to_string(state_),
            .pid = pid_,
            .since = since_,
            .restarts = restarts_,
            .last_exit = last_exit_,
            .control = control_path(config, kind_.name, worker_)};
}

}  // namespace posthouse::supervisor
