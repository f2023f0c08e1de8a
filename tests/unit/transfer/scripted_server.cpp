// ScriptedServer: line by line.
#include "tests/unit/transfer/scripted_server.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::transfer {

ScriptedServer::ScriptedServer(net::Loop& loop, std::vector<Script> scripts, std::shared_ptr<const net::TlsContext> tls)
    : loop_(loop),
      scope_(loop),
      stopped_(loop),
      listener_(loop, net::listen_tcp(net::Address::from_ip("127.0.0.1", 0).value()).value()),
      address_(listener_.local()),
      scripts_(std::move(scripts)),
      tls_(std::move(tls)) {
    scope_.spawn([](ScriptedServer* self) { return self->accept(); }, this);
}

ScriptedServer::ScriptedServer(net::Loop& loop, const std::string& path, std::vector<Script> scripts)
    : loop_(loop),
      scope_(loop),
      stopped_(loop),
      listener_(loop, net::listen_unix(path).value()),
      address_(net::Address::unix_path(path)),
      scripts_(std::move(scripts)) {
    scope_.spawn([](ScriptedServer* self) { return self->accept(); }, this);
}

net::Async<> ScriptedServer::stop() {
    listener_.cancel();
    stopped_.cancel();
    for (net::Stream* stream : streams_) stream->cancel();
    co_await scope_.join();
}

net::Async<> ScriptedServer::accept() {
    for (;;) {
        Result<net::Accepted> accepted = co_await listener_.accept();
        if (!accepted) co_return;
        const auto which = std::min<std::size_t>(static_cast<std::size_t>(connections++), scripts_.size() - 1);
        scope_.spawn([](ScriptedServer* self, net::Accepted a,
                        Script script) { return self->serve(std::move(a), std::move(script)); },
                     this, *std::move(accepted), scripts_[which]);
    }
}

net::Async<> ScriptedServer::serve(net::Accepted accepted, Script script) {
    net::Stream stream(loop_, std::move(accepted.socket));
    const auto place = streams_.insert(streams_.end(), &stream);
    bool go_on = true;
    for (std::size_t next = 0; go_on && next < script.size();) {
        const std::string line = script[next++];
        go_on = co_await step(stream, line, next);
    }
    Result<> flushed = co_await stream.flush(soon());
    (void)flushed;
    streams_.erase(place);
}

net::Async<bool> ScriptedServer::step(net::Stream& stream, const std::string& line, std::size_t& next) {
    if (line.starts_with("> ")) {
        Result<> said = co_await stream.write(line.substr(2) + "\r\n", soon());
        if (said) said = co_await stream.flush(soon());
        co_return said.has_value();
    }
    if (line.starts_with("< ")) {
        Result<std::string> heard_line = co_await stream.read_line(70'000, soon());
        if (!heard_line) co_return false;
        heard.push_back(*heard_line);
        if (!ascii::istarts_with(*heard_line, line.substr(2))) wrong.push_back(*heard_line + " instead of " + line);
        co_return true;
    }
    if (line.starts_with("octets ")) {
        Result<std::string> octets = co_await stream.read_exactly(std::stoul(line.substr(7)), soon());
        if (octets) contents.push_back(*octets);
        co_return octets.has_value();
    }
    if (line.starts_with("again ")) {
        next = std::stoul(line.substr(6));
        co_return true;
    }
    if (line == "data") {
        const bool taken = co_await take_data(stream);
        co_return taken;
    }
    if (line == "tls") {
        Result<> started = co_await stream.start_tls(tls_, soon());
        co_return started.has_value();
    }
    if (line == "fill") {
        for (;;) {
            Result<> said = co_await stream.write("250-and so on\r\n", soon());
            if (!said) co_return false;
        }
    }
    if (line == "stall") {
        Result<> waited = co_await stopped_.wait(net::Deadline::never());
        co_return waited.has_value();
    }
    // hang
    for (;;) {
        Result<std::string_view> bytes = co_await stream.peek(net::Deadline::never());
        if (!bytes) co_return false;
        stream.consume(bytes->size());
    }
}

net::Async<bool> ScriptedServer::take_data(net::Stream& stream) {
    std::string content;
    for (;;) {
        Result<std::string> line = co_await stream.read_line(70'000, soon());
        if (!line) co_return false;
        content += *line + "\r\n";
        if (*line == ".") break;
    }
    contents.push_back(std::move(content));
    co_return true;
}

}  // namespace posthouse::transfer
