// RunningHttps: a web server of a test's own, on a thread, that gives one answer to every request.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "lib/net/listener.h"
#include "lib/net/stream.h"
#include "lib/net/tls.h"
#include "tests/unit/net/test_certificate.h"

namespace posthouse::https {

class RunningHttps {
  public:
    explicit RunningHttps(const net::Identity& shown)
        : context_(make_context(shown)),
          listener_(loop_, listen()),
          address_(listener_.local()),
          thread_([this] { loop_.run_until_complete(serve()); }) {
        ::signal(SIGPIPE, SIG_IGN);  // as the frame of daemons does
    }
    RunningHttps(const RunningHttps&) = delete;
    RunningHttps& operator=(const RunningHttps&) = delete;
    ~RunningHttps() {
        loop_.post_from_any_thread([this] { listener_.cancel(); });
        thread_.join();
    }

    net::Address address() const { return address_; }
    /// The status line and the header fields after it, with CRLF; and the body.
    void set_answer(const std::string& head, const std::string& body) {
        const std::scoped_lock lock(mutex_);
        answer_ = "HTTP/1.1 " + head + "Content-Length: " + std::to_string(body.size()) +
                  "\r\nConnection: close\r\n\r\n" + body;
    }
    void set_text(const std::string& text) { set_answer("200 OK\r\nContent-Type: text/plain\r\n", text); }
    int requests() const { return requests_; }
    /// Of the last request.
    std::string request_line() const {
        const std::scoped_lock lock(mutex_);
        return request_line_;
    }
    /// Of the last request: its header fields, each with LF, and its content.
    std::string header() const {
        const std::scoped_lock lock(mutex_);
        return header_;
    }
    std::string content() const {
        const std::scoped_lock lock(mutex_);
        return content_;
    }

  private:
    static std::shared_ptr<const net::TlsContext> make_context(const net::Identity& shown) {
        net::TlsSettings settings;
        settings.certificates.push_back({shown.certificate_pem(), shown.key_pem(), "test"});
        return net::TlsContext::server(settings).value();
    }
    static UniqueFd listen() { return net::listen_tcp(net::Address::from_ip("127.0.0.1", 0).value()).value(); }
    static net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(30)); }

    net::Async<> serve() {
        for (;;) {
            Result<net::Accepted> accepted = co_await listener_.accept();
            if (!accepted) co_return;
            net::Stream stream(loop_, std::move(accepted->socket));
            Result<> started = co_await stream.start_tls(context_, soon());
            if (!started) continue;
            Result<std::string> line = co_await stream.read_line(4096, soon());
            if (!line) continue;
            ++requests_;
            std::string answer;
            {
                const std::scoped_lock lock(mutex_);
                request_line_ = *line;
                answer = answer_;
            }
            std::string header;
            std::size_t length = 0;
            while (line && !line->empty()) {
                line = co_await stream.read_line(4096, soon());
                if (line) header += *line + '\n';
                if (line && line->starts_with("Content-Length: ")) length = std::stoul(line->substr(16));
            }
            Result<std::string> content = co_await stream.read_exactly(length, soon());
            {
                const std::scoped_lock lock(mutex_);
                header_ = std::move(header);
                content_ = std::move(content).value_or("");
            }
            (void)co_await stream.write(answer, soon());
            co_await stream.close(soon());
        }
    }

    net::Loop loop_;
    std::shared_ptr<const net::TlsContext> context_;
    net::Listener listener_;
    const net::Address address_;
    mutable std::mutex mutex_;
    std::string answer_;        // guarded by mutex_
    std::string request_line_;  // guarded by mutex_
    std::string header_;        // guarded by mutex_
    std::string content_;       // guarded by mutex_
    std::atomic<int> requests_ = 0;
    std::thread thread_;
};

}  // namespace posthouse::https
