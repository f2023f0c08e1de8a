// What the supervisor does when something happens.
#include "posthoused/supervisor.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "posthoused/exit_reason.h"
#include "posthoused/log_settings.h"
#include "storage/configure.h"
#include "storage/index/index_state.h"

namespace posthouse::supervisor {
namespace {

void log_warnings(const config::Problems& warnings) {
    for (const config::Problem& warning : warnings)
        log::warning("the configuration is in use, but", {{"problem", warning.message()}});
}

/// As many descriptors as this process may have; every daemon inherits the limit.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<UniqueFd> take_over_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGHUP, SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, number);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno("sigprocmask", errno);
    ::signal(SIGPIPE, SIG_IGN);
    const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) return fail_errno("signalfd", errno);
    return UniqueFd(fd);
}

Result<> make_folder(std::string_view parameter, const std::string& path, mode_t mode) {
    if (Result<> made = make_folders(path, mode); !made)
        return fail(made.error().code, std::string(parameter) + ": cannot make " + path, made.error().message());
    return {};
}

}  // namespace

Supervisor::Supervisor(Options options, Configuration configuration, std::function<void()> on_ready)
    : options_(std::move(options)),
      configuration_(std::move(configuration)),
      on_ready_(std::move(on_ready)),
      since_(std::time(nullptr)) {}

Supervisor::~Supervisor() {
    for (const Socket& socket : sockets_) {
        if (!socket.path.empty()) ::unlink(socket.path.c_str());
    }
    if (run_lock_) {
        ::unlink(status_path(*configuration_.values).c_str());
        ::unlink(pid_path(*configuration_.values).c_str());
    }
}

Result<> Supervisor::prepare() {
    const config::Config& config = *configuration_.values;
    Result<> made = make_folder("general.run_folder", config.general.run_folder, 0755);
    if (made) made = make_folder("general.state_folder", config.general.state_folder, 0700);
    if (made) made = make_folder("general.spool_folder", config.general.spool_folder, 0710);
    if (made) made = make_folder("general.mail_root", config.general.mail_root, 0700);
    if (!made) return made;
    Result<UniqueFd> lock = lock_run_folder(config);
    if (!lock) return fail(lock.error());
    run_lock_ = std::move(*lock);

    if (Result<> opened = log::open(log_settings(config)); !opened)
        return fail(opened.error().code, "log.path: " + opened.error().message());
    raise_descriptor_limit();
    Result<UniqueFd> signals = take_over_signals();
    if (!signals) return fail(signals.error());
    signals_ = std::move(*signals);
    Result<std::vector<Socket>> sockets = bind_sockets(config);
    if (!sockets) return fail(sockets.error());
    sockets_ = std::move(*sockets);
    Result<NotifySocket> notify = NotifySocket::bind(config.general.run_folder + "/notify.sock");
    if (!notify) return fail(notify.error());
    notify_.push_back(std::move(*notify));

    surroundings_ = {.program_folder = options_.program_folder,
                     .config_path = options_.config_path,
                     .notify_path = notify_.front().path(),
                     .own_stderr = !config.log.path.empty()};
    for (const DaemonKind& kind : daemon_kinds()) {
        if (!has_listeners(config, kind)) continue;
        const std::string program = options_.program_folder + "/" + std::string(kind.name);
        if (::access(program.c_str(), X_OK) != 0) return fail(ErrorCode::not_found, "no program " + program);
        for (std::int64_t worker = 1; worker <= kind.workers(config); ++worker) {
            parts_.emplace_back(kind, worker, sockets_);
            if (Result<> written = parts_.back().write_bundle(config, configuration_.tls_files); !written)
                return written;
        }
    }
    const bool serves = std::ranges::any_of(
        daemon_kinds(), [&](const DaemonKind& kind) { return !kind.listeners.empty() && has_listeners(config, kind); });
    if (!serves) return fail(ErrorCode::invalid, "every listener is switched off: nothing to start");
    return {};
}

Result<> Supervisor::run() {
    log::info("starting", {{"config", options_.config_path}, {"parts", parts_.size()}});
    log_warnings(configuration_.warnings);
    start_all();
    while ((state_ != State::stopping && state_ != State::failed) || any_runs()) {
        wait_for_events();
        take_ready_notes();  // before deaths: who was ready and died at once was ready
        take_signals();
        reap();
        check_times();
        if (status_changed_) write_status_file();
    }
    // The last act: without it the indexes wouldn't be believed after the next start of the machine.
    const std::string index_root = storage::index_root_of(*configuration_.values);
    if (Result<> noted = storage::note_clean_end(index_root); !noted)
        log::warning("the indexes can't be synced: they are made anew after a restart of the machine",
                     {{"error", noted.error().message()}});
    if (state_ == State::failed) return fail(ErrorCode::unavailable, failure_);
    log::info("stopped");
    return {};
}

void Supervisor::start_all() {
    for (Part& part : parts_) {
        if (Result<> started = part.start(surroundings_, *configuration_.values); !started)
            return fail_start(part.name() + ": " + started.error().message());
    }
    status_changed_ = true;
}

void Supervisor::wait_for_events() {
    std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}, {notify_.front().fd(), POLLIN, 0}};
    std::optional<Clock::time_point> next;
    for (const Part& part : parts_) {
        if (part.stderr_fd() >= 0) watched.push_back({part.stderr_fd(), POLLIN, 0});
        if (part.due()) next = next ? std::min(*next, *part.due()) : *part.due();
    }
    int patience = -1;
    if (next) {
        const auto left = std::chrono::ceil<Milliseconds>(*next - Clock::now()).count();
        patience = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }
    if (status_changed_) patience = 0;
    ::poll(watched.data(), watched.size(), patience);
    for (Part& part : parts_) part.read_stderr();
}

void Supervisor::take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        switch (static_cast<int>(info.ssi_signo)) {
            case SIGHUP: reload(); break;
            case SIGTERM:
            case SIGINT:
                if (state_ == State::starting || state_ == State::running) {
                    log::info("stopping", {{"signal", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT"}});
                    begin_stop();
                }
                break;
            default: break;  // SIGCHLD: reap() looks anyway
        }
    }
}

void Supervisor::take_ready_notes() {
    while (const std::optional<pid_t> pid = notify_.front().receive()) {
        const auto part =
            std::ranges::find_if(parts_, [&](const Part& one) { return one.runs() && one.pid() == *pid; });
        if (part == parts_.end() || part->state() != Part::State::starting) continue;
        part->became_ready();
        status_changed_ = true;
        log::info("ready", {{"part", part->name()}, {"pid", part->pid()}});
        if (std::ranges::all_of(parts_, [](const Part& one) { return one.state() == Part::State::ready; })) all_ready();
    }
}

void Supervisor::all_ready() {
    if (state_ != State::starting) return;
    state_ = State::running;
    log::info("every part is ready", {{"parts", parts_.size()}});
    write_status_file();
    on_ready_();
}

void Supervisor::reap() {
    int wait_status = 0;
    // As process 1 of a container this one inherits orphans, so any child is waited for.
    for (pid_t pid = ::waitpid(-1, &wait_status, WNOHANG); pid > 0; pid = ::waitpid(-1, &wait_status, WNOHANG)) {
        const auto part = std::ranges::find_if(parts_, [&](const Part& one) { return one.pid() == pid; });
        if (part != parts_.end()) part_ended(*part, wait_status);
    }
}

void Supervisor::part_ended(Part& part, int wait_status) {
    const pid_t pid = part.pid();
    const bool expected = part.state() == Part::State::stopping;
    const Milliseconds pause = part.ended(wait_status, *configuration_.values);
    const std::string reason = exit_reason(wait_status);
    status_changed_ = true;
    if (expected) {
        const bool clean = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
        log::write(clean ? log::Level::info : log::Level::warning, {}, "stopped",
                   {{"part", part.name()}, {"pid", pid}, {"reason", reason}});
        stop_stage();
    } else if (state_ == State::starting) {
        const std::string& words = part.last_words();
        fail_start(part.name() + " did not start: " + (words.empty() ? reason : words + " (" + reason + ")"));
    } else {
        log::error("died", {{"part", part.name()},
                            {"pid", pid},
                            {"reason", reason},
                            {"last_words", part.last_words()},
                            {"restart_in_ms", pause.count()}});
    }
}

void Supervisor::check_times() {
    const auto now = Clock::now();
    for (Part& part : parts_) {
        if (!part.due() || now < *part.due()) continue;
        switch (part.state()) {
            case Part::State::waiting:
                // While others drain, authd or lmtpd that died comes back for them; a start that failed is over.
                if (state_ == State::failed)
                    part.stop(Milliseconds(0));
                else if (Result<> started = part.start(surroundings_, *configuration_.values); !started)
                    log::error("cannot start", {{"part", part.name()}, {"reason", started.error().message()}});
                else
                    log::info("restarted", {{"part", part.name()}, {"pid", part.pid()}});
                break;
            case Part::State::starting:
                log::error("did not become ready in general.ready_timeout: killed",
                           {{"part", part.name()}, {"pid", part.pid()}});
                part.kill();
                if (state_ == State::starting)
                    fail_start(part.name() + " did not become ready in general.ready_timeout");
                break;
            case Part::State::stopping:
                log::warning("did not stop in general.drain_timeout: killed",
                             {{"part", part.name()}, {"pid", part.pid()}});
                part.kill();
                break;
            default: break;
        }
        status_changed_ = true;
    }
}

void Supervisor::reload() {
    if (state_ != State::running && state_ != State::starting) return;
    Result<Configuration> loaded = load_configuration(options_.config_path);
    if (!loaded) {
        log::error("reload refused, nothing has changed", {{"problem", loaded.error().message()}});
        return;
    }
    std::vector<std::string> kept;
    configuration_.values =
        std::make_shared<const config::Config>(merge_for_reload(*configuration_.values, *loaded->values, kept));
    configuration_.tls_files = std::move(loaded->tls_files);
    if (Result<> opened = log::open(log_settings(*configuration_.values)); !opened)
        log::error("log.path cannot be opened, the old one stays", {{"problem", opened.error().message()}});
    for (Part& part : parts_) {
        if (Result<> written = part.write_bundle(*configuration_.values, configuration_.tls_files); !written) {
            log::error("cannot pass the configuration on",
                       {{"part", part.name()}, {"problem", written.error().message()}});
            continue;
        }
        // A part that is starting may not yet listen to SIGHUP; what it reads is new already or will be read again.
        part.reload();
    }
    for (const std::string& name : kept) log::warning("changed, has no effect until a restart", {{"parameter", name}});
    log_warnings(loaded->warnings);
    log::info("reloaded", {{"config", options_.config_path}});
}

void Supervisor::begin_stop() {
    state_ = State::stopping;
    stage_ = -1;
    status_changed_ = true;
    // Nobody is told "connection refused" by a daemon that drains, but new clients are told so at once.
    std::erase_if(sockets_, [](const Socket& socket) { return socket.path.empty(); });
    stop_stage();
}

void Supervisor::stop_stage() {
    if (state_ != State::stopping && state_ != State::failed) return;
    const auto busy = [&](const Part& part) { return part.kind().stop_stage <= stage_ && part.runs(); };
    while (std::ranges::none_of(parts_, busy) && stage_ + 1 < stop_stages) {
        ++stage_;
        for (Part& part : parts_) {
            if (part.kind().stop_stage == stage_) part.stop(configuration_.values->general.drain_timeout);
        }
    }
}

void Supervisor::fail_start(std::string line) {
    if (state_ == State::failed) return;
    failure_ = std::move(line);
    begin_stop();
    state_ = State::failed;
}

bool Supervisor::any_runs() const {
    return std::ranges::any_of(parts_, [](const Part& part) { return part.runs(); });
}

void Supervisor::write_status_file() {
    status_changed_ = false;
    Status status{.state = state_ == State::starting  ? "starting"
                           : state_ == State::running ? "running"
                                                      : "stopping",
                  .since = since_,
                  .config_path = options_.config_path,
                  .parts = {}};
    for (const Part& part : parts_) status.parts.push_back(part.status(*configuration_.values));
    if (Result<> written = write_status(*configuration_.values, status); !written)
        log::error("cannot write the status file", {{"reason", written.error().message()}});
}

}  // namespace posthouse::supervisor
