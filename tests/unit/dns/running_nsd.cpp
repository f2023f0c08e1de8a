// RunningNsd: nsd, with zones signed by ldns-signzone.
#include "tests/unit/dns/running_nsd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "tests/unit/child_process.h"

namespace posthouse::dns {
namespace {

constexpr std::string_view example_zone = R"(
right MX 10 mx1.right
right MX 20 mx2.right
mx1.right A 192.0.2.1
mx1.right AAAA 2001:db8::1
_25._tcp.mx1.right TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mx2.right A 192.0.2.2
null MX 0 .
alias CNAME alias2
alias2 CNAME right
only-a A 192.0.2.3
txt TXT "one " "two"
round CNAME round2
round2 CNAME round
away MX 10 mx.away
mx.away CNAME mx.unsigned
_25._tcp.mx.away TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mx.open CNAME mx.unsigned
mx.moved CNAME mx1.right
mx.other CNAME mx2.right
_25._tcp.mx.other TLSA 2 0 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mx.pkix A 192.0.2.4
_25._tcp.mx.pkix TLSA 1 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mx.broken A 192.0.2.5
_25._tcp.mx.broken CNAME tlsa.expired
unsigned NS ns.unsigned
ns.unsigned A 127.0.0.1
expired NS ns.expired
ns.expired A 127.0.0.1
wrong NS ns.wrong
ns.wrong A 127.0.0.1
)";
constexpr std::string_view child_zone = R"(
@ MX 10 mx
mx A 192.0.2.9
_25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
tlsa TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
)";
constexpr const char* children[] = {"unsigned.example", "expired.example", "wrong.example"};
constexpr const char* reverse_zone = "0.0.193.in-addr.arpa";

sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

UniqueFd bound_socket(int type, std::uint16_t port) {
    UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const sockaddr_in address = local(port);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    return socket;
}

std::uint16_t port_of(const UniqueFd& socket) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

/// Free for UDP and TCP, a moment ago.
std::uint16_t free_port() {
    for (;;) {
        const UniqueFd udp = bound_socket(SOCK_DGRAM, 0);
        if (bound_socket(SOCK_STREAM, port_of(udp))) return port_of(udp);
    }
}

/// Sends a query and takes one answer; empty: none came within 200 ms.
std::string ask(const sockaddr_in& server, std::string_view query) {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval patience{0, 200'000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::sendto(socket.get(), query.data(), query.size(), 0, reinterpret_cast<const sockaddr*>(&server), sizeof server);
    std::string answer(4096, '\0');
    const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    answer.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return answer;
}

}  // namespace

RunningNsd::RunningNsd(const std::string& more) {
    for (const char* zone : {"example", "expired.example", "wrong.example"}) make_key(zone);
    for (const char* zone : children) add_zone(zone, std::string(child_zone));
    add_zone(reverse_zone, "1 PTR mx1.right.example.\n");
    const std::string expired_ds = *read_file(folder_.path() + "/expired.example.ds");
    std::string wrong_ds = *read_file(folder_.path() + "/wrong.example.ds");
    char& digit = wrong_ds[wrong_ds.find_last_not_of("\r\n \t")];
    digit = digit == '0' ? '1' : '0';
    add_zone("example", std::string(example_zone) + more + "\n" + expired_ds + wrong_ds);
    sign("example", "");
    sign("wrong.example", "");
    sign("expired.example", "-i 20190101 -e 20190201");
    start();
}

RunningNsd::~RunningNsd() { kill(); }

void RunningNsd::give_up(const std::string& what) const {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::ifstream lines(folder_.path() + "/output");
    for (std::string line; std::getline(lines, line);) std::fprintf(stderr, "%s\n", line.c_str());
    std::abort();
}

void RunningNsd::run(const std::string& command) const {
    const pid_t pid =
        spawn_program({"sh", "-euc", "cd '" + folder_.path() + "'; " + command}, folder_.path() + "/output");
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) give_up("failed: " + command);
}

void RunningNsd::add_zone(const std::string& name, const std::string& lines) const {
    std::ofstream(folder_.path() + "/" + name + ".zone")
        << "$ORIGIN " << name << ".\n$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"
        << lines;
}

void RunningNsd::make_key(const std::string& zone) const {
    run("key=$(ldns-keygen -a ECDSAP256SHA256 -k " + zone + ".); for part in key private ds; do mv $key.$part " + zone +
        ".$part; done");
}

void RunningNsd::sign(const std::string& zone, const std::string& times) const {
    run("ldns-signzone " + times + " -o " + zone + " " + zone + ".zone " + zone + "; mv " + zone + ".zone.signed " +
        zone + ".zone");
}

void RunningNsd::start() {
    const std::string& folder = folder_.path();
    const bool again = port_ != 0;  // where it was
    constexpr int attempts = 5;     // somebody else may have the port
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (!again) port_ = free_port();
        std::ofstream config(folder + "/nsd.conf");
        config << "server:\n  ip-address: 127.0.0.1@" << port_ << "\n  server-count: 1\n  username: \"\"\n"
               << "  chroot: \"\"\n  pidfile: \"" << folder << "/pid\"\n  zonesdir: \"" << folder
               << "\"\n  database: \"\"\n  xfrdfile: \"" << folder << "/xfrd\"\n  zonelistfile: \"" << folder
               << "/zones\"\n  xfrdir: \"" << folder << "\"\nremote-control:\n  control-enable: no\n";
        for (const std::string zone : {"example", children[0], children[1], children[2], reverse_zone})
            config << "zone:\n  name: " << zone << "\n  zonefile: " << zone << ".zone\n";
        config.close();
        pid_ = spawn_program({"nsd", "-d", "-c", folder + "/nsd.conf"}, folder + "/output");
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (pid_ > 0 && std::chrono::steady_clock::now() < deadline) {
            if (answers()) return;
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        }
        kill();
    }
    give_up("nsd does not start");
}

bool RunningNsd::answers() const {
    // example. SOA
    constexpr std::string_view query{"\x12\x34\0\0\0\1\0\0\0\0\0\0\7example\0\0\6\0\1", 25};
    const std::string answer = ask(local(port_), query);
    return answer.size() > query.size() && (answer[3] & 0x0f) == 0;
}

void RunningNsd::kill() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

void RunningNsd::freeze() { ::kill(-pid_, SIGSTOP); }

void RunningNsd::go_on() { ::kill(-pid_, SIGCONT); }

net::Address RunningNsd::address() const { return net::Address::from_ip("127.0.0.1", port_).value(); }

Settings RunningNsd::settings() const {
    Settings settings;
    settings.resolv_conf.clear();
    settings.trust_anchor_file = folder_.path() + "/example.ds";
    settings.probe_zone = "example";
    settings.stub_zones = {{"example", address()}, {reverse_zone, address()}};
    return settings;
}

struct StrippingForwarder::Impl {
    sockaddr_in server{};
    UniqueFd socket = bound_socket(SOCK_DGRAM, 0);
    std::atomic<bool> stopping = false;
    std::thread thread;

    void serve() const {
        std::string query(4096, '\0');
        while (!stopping) {
            sockaddr_in client{};
            socklen_t length = sizeof client;
            const ssize_t size =
                ::recvfrom(socket.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&client), &length);
            if (size < 12) continue;
            // The header and the question; what asks for signatures (EDNS) stands behind them.
            std::size_t end = 12;
            while (query[end] != '\0') end += static_cast<unsigned char>(query[end]) + 1u;
            std::string plain = query.substr(0, end + 5);
            plain[10] = plain[11] = '\0';
            std::string answer = ask(server, plain);
            if (answer.size() < 12) continue;
            answer[3] = static_cast<char>(answer[3] | '\x80');  // recursion available
            ::sendto(socket.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&client), length);
        }
    }
};

StrippingForwarder::StrippingForwarder(net::Address server) : impl_(std::make_unique<Impl>()) {
    impl_->server = local(server.port());
    const timeval patience{0, 100'000};
    ::setsockopt(impl_->socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    impl_->thread = std::thread([this] { impl_->serve(); });
}

StrippingForwarder::~StrippingForwarder() {
    impl_->stopping = true;
    impl_->thread.join();
}

net::Address StrippingForwarder::address() const {
    return net::Address::from_ip("127.0.0.1", port_of(impl_->socket)).value();
}

}  // namespace posthouse::dns
