// ScriptedServer: a server that says and awaits just what a test wrote down: for what no real server does.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/net/tls.h"

namespace posthouse::transfer {

/// Long enough for what comes, on a busy machine, too.
inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(30)); }

/// Lines of a script:
///   "> 220 hi"    says that (may hold CRLF inside)
///   "< MAIL"      awaits a line that begins so
///   "data"        awaits content up to the line "."
///   "octets 12"   awaits so many octets
///   "tls"         starts TLS
///   "again N"     goes back to line N of the script
///   "fill"        says the beginning of a reply without end, as long as somebody listens
///   "hang"        reads on, until the connection ends
///   "stall"       does nothing, until the server stops
/// The end of the script closes the connection.
using Script = std::vector<std::string>;

class ScriptedServer {
  public:
    /// Each connection gets the next script, and the last one all that follow.
    ScriptedServer(net::Loop& loop, std::vector<Script> scripts, std::shared_ptr<const net::TlsContext> tls = nullptr);
    /// The same on a Unix socket.
    ScriptedServer(net::Loop& loop, const std::string& path, std::vector<Script> scripts);
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    net::Address address() const { return address_; }
    net::Async<> stop();

    int connections = 0;
    std::vector<std::string> heard;     ///< lines that were awaited
    std::vector<std::string> contents;  ///< as they came over the wire, with the last line
    std::vector<std::string> wrong;     ///< lines that came instead of others

  private:
    net::Async<> accept();
    net::Async<> serve(net::Accepted accepted, Script script);
    net::Async<bool> step(net::Stream& stream, const std::string& line, std::size_t& next);
    net::Async<bool> take_data(net::Stream& stream);

    net::Loop& loop_;
    net::Scope scope_;
    net::Event stopped_;
    net::Listener listener_;
    const net::Address address_;
    const std::vector<Script> scripts_;
    const std::shared_ptr<const net::TlsContext> tls_;
    std::list<net::Stream*> streams_;
};

}  // namespace posthouse::transfer
