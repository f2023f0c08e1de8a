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
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string kind;
    std::string place;
    std::size_t clients = 10;
    double seconds = 5;
    std::string user = "u%d@example.org";
    std::size_t users = 1000;
    std::string password = "secret";
    bool each_user_once = false;
    std::vector<std::string> setup;
    std::vector<std::string> commands;
    std::size_t numbers = 1;
    std::size_t mailboxes = 1;
    std::size_t append = 0;
    std::size_t size = 4096;
};

[[noreturn]] void give_up(const std::string& what) {
    std::cerr << "load: " << what << '\n';
    std::exit(1);
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() || k < 2 ? letters[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

/// One after the other, or at random.
class Users {
  public:
    explicit Users(const Options& options) : options_(options) {}
    std::optional<std::string> next() {
        if (options_.each_user_once && number_ == options_.users) return std::nullopt;
        const std::size_t number = options_.each_user_once
                                       ? number_++
                                       : std::uniform_int_distribution<std::size_t>(0, options_.users - 1)(random_);
        std::string user = options_.user;
        if (const auto at = user.find("%d"); at != std::string::npos) user.replace(at, 2, std::to_string(number));
        return user;
    }

  private:
    const Options& options_;
    std::size_t number_ = 0;
    std::mt19937_64 random_{4711};
};

/// What one client does, step by step: it is asked what to send, and told what comes.
class Conversation {
  public:
    virtual ~Conversation() = default;
    /// Begins the next piece of work; what is sent first, "" when the server speaks first. Nothing: there is no more.
    virtual std::optional<std::string> begin() = 0;
    enum class Next { more, send, done, close, failed };
    /// Looks at what has come, and takes what it understands out of it. send: `out` is to be sent; done: the piece of
    /// work is, and the connection stays; close: the server will end the connection, which ends the piece of work.
    virtual Next take(std::string& in, std::string& out) = 0;
    /// Whether each piece of work wants a connection of its own.
    virtual bool connects_each_time() const { return false; }
    /// Whether the first piece of work may begin; else `out` is to be sent, and more to be awaited.
    virtual bool is_prepared(std::string& in, std::string& out) {
        static_cast<void>(in), static_cast<void>(out);
        return true;
    }
};

class ImapLogin final : public Conversation {
  public:
    ImapLogin(Users& users, const Options& options) : users_(users), password_(options.password) {}
    std::optional<std::string> begin() override {
        user_ = users_.next();
        step_ = 0;
        return user_ ? std::optional<std::string>("") : std::nullopt;
    }
    Next take(std::string& in, std::string& out) override {
        if (!in.ends_with("\r\n")) return Next::more;
        const std::size_t begin = in.rfind('\n', in.size() - 2);
        const std::string_view last = std::string_view(in).substr(begin == std::string::npos ? 0 : begin + 1);
        if (step_ == 0 && in.starts_with("* OK")) {
            out = "a LOGIN " + *user_ + " " + password_ + "\r\n";
        } else if (step_ == 1 && last.starts_with("a OK")) {
            out = "b LOGOUT\r\n";
        } else if (step_ == 2 && last.starts_with("b OK")) {
            return Next::close;
        } else {
            return last.starts_with("a ") || last.starts_with("* BYE") ? Next::failed : Next::more;
        }
        ++step_;
        in.clear();
        return Next::send;
    }
    bool connects_each_time() const override { return true; }

  private:
    Users& users_;
    std::string password_;
    std::optional<std::string> user_;
    int step_ = 0;
};

class ImapCommands final : public Conversation {
  public:
    ImapCommands(Users& users, const Options& options)
        : options_(options), user_(users.next().value_or("")), client_(clients_++ % options.mailboxes) {
        if (options.append != 0) {
            message_ =
                "From: joe@example.org\r\nTo: jane@example.org\r\nSubject: measured\r\nMessage-ID: "
                "<load@example.org>\r\n\r\n";
            while (message_.size() + 72 < options.append) message_ += std::string(70, 'x') + "\r\n";
        }
    }
    bool is_prepared(std::string& in, std::string& out) override {
        if (step_ == 0) {
            if (!in.starts_with("* OK") || !in.ends_with("\r\n")) return false;
        } else if (const Next next = answer(in); next != Next::done) {
            if (next == Next::failed) give_up("refused: " + in);
            return false;
        }
        in.clear();
        if (step_ > options_.setup.size()) return true;
        out = step_ == 0 ? "zq LOGIN " + user_ + " " + options_.password + "\r\n"
                         : "zq " + filled(options_.setup[step_ - 1]) + "\r\n";
        ++step_;
        return false;
    }
    std::optional<std::string> begin() override {
        done_ = 0;
        random_number_ = std::uniform_int_distribution<std::size_t>(1, options_.numbers)(random_);
        if (once_[client_] == options_.numbers) return std::nullopt;
        return next_command();
    }
    Next take(std::string& in, std::string& out) override {
        const Next next = answer(in);
        if (next != Next::done) return next;
        in.clear();
        if (done_ == options_.commands.size()) return Next::done;
        out = next_command();
        return Next::send;
    }

  private:
    std::string next_command() {
        std::string text = "zq " + filled(options_.commands[done_++]);
        if (done_ == options_.commands.size() && !message_.empty())
            text += " {" + std::to_string(message_.size()) + "+}\r\n" + message_;
        return text + "\r\n";
    }
    std::string filled(std::string text) {
        for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
            const char what = text.at(at + 1);
            std::size_t number = client_;
            if (what == 'r') number = random_number_;
            if (what == 'R') number = random_number_ + 49;
            if (what == 'x') number = done_ == 1 ? ++once_[client_] : once_of_piece_;
            if (what == 'x') once_of_piece_ = number;
            text.replace(at, 2, std::to_string(number));
        }
        return text;
    }
    /// Whether the tagged reply has come; what can't be a part of it is forgotten.
    static Next answer(std::string& in) {
        const bool is_whole = in.ends_with("\n");
        const std::size_t end = in.rfind('\n', in.size() - (is_whole ? 2 : 1));
        if (end != std::string::npos) in.erase(0, end + 1);
        if (!is_whole) return Next::more;
        if (in.starts_with("zq OK")) return Next::done;
        if (in.starts_with("zq ")) return Next::failed;
        in.clear();
        return Next::more;
    }

    static inline std::size_t clients_ = 0;
    static inline std::array<std::size_t, 100> once_{};  // of each mailbox
    const Options& options_;
    std::string user_;
    std::size_t client_;
    std::string message_;
    std::size_t step_ = 0;
    std::size_t done_ = 0;  // commands of this piece of work
    std::size_t random_number_ = 1;
    std::size_t once_of_piece_ = 0;
    std::mt19937_64 random_{clients_};
};

class AuthPlain final : public Conversation {
  public:
    AuthPlain(Users& users, const Options& options) : users_(users), password_(options.password) {}
    bool is_prepared(std::string& in, std::string&) override {
        if (in.find("DONE\n") == std::string::npos) return false;
        in.clear();
        return true;
    }
    std::optional<std::string> begin() override {
        static unsigned clients = 0;
        const std::optional<std::string> user = users_.next();
        if (!user) return std::nullopt;
        std::string line;
        if (id_ == 0) line = "VERSION\t1\t2\nCPID\t" + std::to_string(10'000 + ++clients) + "\n";
        line += "AUTH\t" + std::to_string(++id_) + "\tPLAIN\tservice=imap\trip=127.0.0.1\tsecured\tno-penalty\tresp=";
        return line + base64(std::string("\0", 1) + *user + std::string("\0", 1) + password_) + "\n";
    }
    Next take(std::string& in, std::string&) override {
        if (!in.ends_with('\n')) return Next::more;
        const Next next = in.starts_with("OK\t") ? Next::done : Next::failed;
        in.clear();
        return next;
    }

  private:
    Users& users_;
    std::string password_;
    unsigned id_ = 0;
};

class MapLookup final : public Conversation {
  public:
    MapLookup(Users& users, std::string map) : users_(users), map_(std::move(map)) {}
    std::optional<std::string> begin() override {
        const std::optional<std::string> user = users_.next();
        if (!user) return std::nullopt;
        const std::string text = map_ + " " + *user;
        return std::to_string(text.size()) + ":" + text + ",";
    }
    Next take(std::string& in, std::string&) override {
        const std::size_t colon = in.find(':');
        if (colon == std::string::npos) return Next::more;
        if (in.size() < colon + 2 + std::strtoul(in.c_str(), nullptr, 10)) return Next::more;
        const Next next = in.compare(colon + 1, 3, "OK ") == 0 ? Next::done : Next::failed;
        in.clear();
        return next;
    }

  private:
    Users& users_;
    std::string map_;
};

class SmtpMessages final : public Conversation {
  public:
    SmtpMessages(Users& users, const Options& options) : users_(users), body_(body_of(options.size)) {}
    bool is_prepared(std::string& in, std::string& out) override {
        const std::string_view code = code_of(in);
        if (code.empty()) return false;
        if (code != (is_greeted_ ? "250" : "220")) give_up("refused: " + in);
        in.clear();
        if (is_greeted_) return true;
        is_greeted_ = true;
        out = "EHLO client.example.org\r\n";
        return false;
    }
    std::optional<std::string> begin() override {
        user_ = users_.next();
        step_ = 0;
        return user_ ? std::optional<std::string>("MAIL FROM:<sender@example.com>\r\n") : std::nullopt;
    }
    Next take(std::string& in, std::string& out) override {
        constexpr std::array<std::string_view, 4> wanted{"250", "250", "354", "250"};
        const std::string_view code = code_of(in);
        if (code.empty()) return Next::more;
        if (code != wanted.at(step_)) return Next::failed;
        in.clear();
        switch (step_++) {
            case 0: out = "RCPT TO:<" + *user_ + ">\r\n"; return Next::send;
            case 1: out = "DATA\r\n"; return Next::send;
            case 2: out = header() + body_ + ".\r\n"; return Next::send;
            default: return Next::done;
        }
    }

  private:
    /// Of a whole reply; "" when there is more to come.
    static std::string_view code_of(std::string_view in) {
        if (!in.ends_with("\r\n")) return {};
        const std::size_t end = in.rfind('\n', in.size() - 2);
        const std::string_view last = in.substr(end == std::string_view::npos ? 0 : end + 1);
        return last.size() > 3 && last[3] == ' ' ? last.substr(0, 3) : std::string_view();
    }
    /// No two messages are the same.
    std::string header() const {
        static std::size_t number = 0;
        return "Message-ID: <" + std::to_string(++number) + ".load@example.com>\r\nTo: " + *user_ + "\r\n";
    }
    /// All messages share it.
    static const std::string& body_of(std::size_t size) {
        static const std::string body = [size] {
            std::string text =
                "From: Sender <sender@example.com>\r\nSubject: measured\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\n"
                "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
            while (text.size() + 140 < size) text += std::string(70, 'x') + "\r\n";
            return text;
        }();
        return body;
    }

    Users& users_;
    const std::string& body_;
    std::optional<std::string> user_;
    bool is_greeted_ = false;
    std::size_t step_ = 0;
};

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
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 30'000);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) give_up("no answer for 30 s");
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
        if (options_.kind == "imap-login") return std::make_unique<ImapLogin>(users_, options_);
        if (options_.kind == "imap") return std::make_unique<ImapCommands>(users_, options_);
        if (options_.kind == "auth") return std::make_unique<AuthPlain>(users_, options_);
        if (options_.kind.starts_with("map:")) return std::make_unique<MapLookup>(users_, options_.kind.substr(4));
        if (options_.kind == "smtp") return std::make_unique<SmtpMessages>(users_, options_);
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

int main(int argc, char** argv) {
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
