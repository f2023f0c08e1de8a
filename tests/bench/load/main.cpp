// load: many clients of a server at one time, each doing one thing after the other, for some seconds; prints what they
// achieved as one line of JSON.
//
//   load imap-login HOST:PORT …       connect, LOGIN, LOGOUT
//   load imap HOST:PORT …             after LOGIN and each --setup COMMAND, the --command COMMAND again and again;
//   several
//                                     are one piece of work. In them %r is a number at random from 1 to --numbers, %R
//                                     the same plus 49, %x one that is used once, %c the client's number modulo
//                                     --mailboxes.
//                                     --append SIZE gives the last command a message
//   load auth SOCKET …                Dovecot's auth protocol: AUTH PLAIN on one connection per client
//   load map:NAME SOCKET …            look-ups in a socketmap
//   load smtp HOST:PORT …             after EHLO message after message of --size OCTETS, each to one user; a command
//                                     goes out when the last one is answered, as Postfix's smtp-source does it
// with --clients N, --seconds S, --user PATTERN (its %d is a number below --users N, at random), --password TEXT,
// --each-user-once (the numbers one after the other, then an end).
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>

#include "tests/bench/load/conversation.h"

namespace posthouse::load {

void give_up(const std::string& what) {
    std::cerr << "load: " << what << '\n';
    std::exit(1);
}

namespace {

using Clock = std::chrono::steady_clock;

int connect_to(const std::string& place) {
    const std::size_t colon = place.rfind(':');
    const bool is_unix = place.starts_with('/');
    const int fd = ::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) give_up(std::strerror(errno));
    int result = 0;
    if (is_unix) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        place.copy(address.sun_path, sizeof address.sun_path - 1);
        result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(place.c_str() + colon + 1)));
        ::inet_pton(AF_INET, place.substr(0, colon).c_str(), &address.sin_addr);
        result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (result != 0) give_up("connect to " + place + ": " + std::strerror(errno));
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

struct Client {
    std::unique_ptr<Conversation> conversation;
    int fd = -1;
    bool is_prepared = false;
    bool is_working = false;
    bool is_closing = false;
    std::string in;
    std::string out;
    std::size_t sent = 0;  // of out
    Clock::time_point begun;
};

class Load {
  public:
    explicit Load(const Options& options)
        : options_(options), users_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

    void run() {
        for (Client& client : clients_) {
            client.conversation = make();
            connect(client);
        }
        for (Client& client : clients_) work(client);
        std::array<epoll_event, 64> events{};
        while (open_ > 0) {
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 300'000);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) give_up("no answer for 300 s");
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events.at(static_cast<std::size_t>(i));
                Client& client = *static_cast<Client*>(event.data.ptr);
                if (!client.out.empty()) send_rest(client);
                if ((event.events & ~unsigned{EPOLLOUT}) != 0) read(client);
            }
        }
        report(std::chrono::duration<double>(Clock::now() - begun_).count());
    }

  private:
    std::unique_ptr<Conversation> make() {
        if (options_.kind == "imap-login") return imap_login(users_, options_);
        if (options_.kind == "imap") return imap_commands(users_, options_);
        if (options_.kind == "auth") return auth_plain(users_, options_);
        if (options_.kind.starts_with("map:")) return map_look_ups(users_, options_.kind.substr(4));
        if (options_.kind == "smtp") return smtp_messages(users_, options_);
        give_up("unknown kind " + options_.kind);
    }
    void connect(Client& client) {
        client.fd = connect_to(options_.place);
        ++open_;
        watch(client, EPOLL_CTL_ADD, EPOLLIN);
    }
    void watch(Client& client, int how, unsigned what) {
        epoll_event event{};
        event.events = what;
        event.data.ptr = &client;
        ::epoll_ctl(epoll_, how, client.fd, &event);
    }
    void close(Client& client) {
        ::close(client.fd);
        client.fd = -1;
        --open_;
    }
    /// Once all are prepared, so that only work is measured.
    void begin_all() {
        begun_ = Clock::now();
        until_ = begun_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
        for (Client& client : clients_) work(client);
    }
    /// Begins a piece of work, if it is time for one.
    void work(Client& client) {
        if (!client.is_prepared) {
            std::string out;
            client.is_prepared = client.conversation->is_prepared(client.in, out);
            send(client, std::move(out));
            if (!client.is_prepared) return;
            if (++prepared_ < options_.clients) return;
            begin_all();
            return;
        }
        std::optional<std::string> first;
        if (Clock::now() < until_) first = client.conversation->begin();
        if (!first) {
            close(client);
            return;
        }
        client.begun = Clock::now();
        client.is_working = true;
        send(client, *std::move(first));
    }
    void send(Client& client, std::string text) {
        if (text.empty()) return;
        client.out = std::move(text);
        client.sent = 0;
        if (!send_some(client)) watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    void send_rest(Client& client) {
        if (send_some(client)) watch(client, EPOLL_CTL_MOD, EPOLLIN);
    }
    /// Whether that was all.
    static bool send_some(Client& client) {
        while (client.sent < client.out.size()) {
            const ssize_t count =
                ::send(client.fd, client.out.data() + client.sent, client.out.size() - client.sent, MSG_NOSIGNAL);
            if (count < 0 && errno == EAGAIN) return false;
            if (count < 0) give_up(std::string("send: ") + std::strerror(errno));
            client.sent += static_cast<std::size_t>(count);
        }
        client.out.clear();
        return true;
    }
    void finish(Client& client) {
        times_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - client.begun).count());
        client.is_working = false;
        if (client.conversation->connects_each_time()) {
            close(client);
            client.in.clear();
            client.is_closing = false;
            if (Clock::now() >= until_) return;
            connect(client);
        }
        work(client);
    }
    void read(Client& client) {
        const ssize_t count = ::recv(client.fd, buffer_.data(), buffer_.size(), 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            if (!client.is_closing) give_up("the server closed the connection after: " + client.in);
            finish(client);
            return;
        }
        client.in.append(buffer_.data(), static_cast<std::size_t>(count));
        if (!client.is_working) {
            work(client);
            return;
        }
        std::string out;
        switch (client.conversation->take(client.in, out)) {
            case Conversation::Next::more: return;
            case Conversation::Next::send: send(client, std::move(out)); return;
            case Conversation::Next::close: client.is_closing = true; return;
            case Conversation::Next::done: finish(client); return;
            case Conversation::Next::failed: give_up("refused: " + client.in);
        }
    }
    void report(double seconds) {
        if (times_.empty()) give_up("nothing was done");
        std::ranges::sort(times_);
        const auto at = [&](double share) {
            return times_.at(
                std::min(times_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times_.size()))));
        };
        std::printf(
            "{\"done\": %zu, \"seconds\": %.3f, \"per_second\": %.1f, \"median_ms\": %.3f, \"p99_ms\": %.3f, "
            "\"max_ms\": %.3f, \"clients_cpu_ms_each\": %.4f}\n",
            times_.size(), seconds, static_cast<double>(times_.size()) / seconds, at(0.5), at(0.99), times_.back(),
            processor_ms() / static_cast<double>(times_.size()));
    }

    /// Of these clients.
    static double processor_ms() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        const auto ms = [](const timeval& time) {
            return 1000 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1000;
        };
        return ms(usage.ru_utime) + ms(usage.ru_stime);
    }

    const Options& options_;
    Users users_;
    int epoll_;
    std::vector<Client> clients_{options_.clients};
    std::size_t open_ = 0;
    std::size_t prepared_ = 0;
    Clock::time_point begun_;
    Clock::time_point until_;
    std::array<char, 256 << 10> buffer_{};
    std::vector<double> times_;
};

}  // namespace
}  // namespace posthouse::load

int main(int argc, char** argv) {
    using namespace posthouse::load;
    if (argc < 3) give_up("KIND and PLACE are missing");
    Options options;
    options.kind = argv[1];
    options.place = argv[2];
    for (int i = 3; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--each-user-once") {
            options.each_user_once = true;
            continue;
        }
        if (i + 1 == argc) give_up("a value is missing");
        const std::string value = argv[++i];
        if (name == "--clients")
            options.clients = std::stoul(value);
        else if (name == "--seconds")
            options.seconds = std::stod(value);
        else if (name == "--user")
            options.user = value;
        else if (name == "--users")
            options.users = std::stoul(value);
        else if (name == "--password")
            options.password = value;
        else if (name == "--setup")
            options.setup.push_back(value);
        else if (name == "--command")
            options.commands.push_back(value);
        else if (name == "--numbers")
            options.numbers = std::stoul(value);
        else if (name == "--mailboxes")
            options.mailboxes = std::stoul(value);
        else if (name == "--append")
            options.append = std::stoul(value);
        else if (name == "--size")
            options.size = std::stoul(value);
        else
            give_up("unknown option " + std::string(name));
    }
    if (options.clients == 0 || options.users == 0) give_up("nobody works");
    if (options.mailboxes == 0 || options.mailboxes > 100 || options.numbers == 0) give_up("numbers are out of range");
    if (options.kind == "imap" && options.commands.empty()) give_up("--command is missing");
    std::make_unique<Load>(options)->run();
}
