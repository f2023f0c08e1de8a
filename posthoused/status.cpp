// Writes the status file and the process id file.
#include "posthoused/status.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/config/address.h"
#include "lib/config/node.h"
#include "lib/config/value.h"

namespace posthouse::supervisor {
namespace {

using config::Node;

Node number(std::int64_t value) { return Node{.value = value}; }
Node text(std::string_view value) { return Node{.value = std::string(value)}; }

Node part_node(const PartStatus& part) {
    Node::Table table;
    table.push_back({"name", text(part.name)});
    table.push_back({"worker", number(part.worker)});
    table.push_back({"state", text(part.state)});
    table.push_back({"pid", part.pid > 0 ? number(part.pid) : Node{}});  // a script may kill it
    table.push_back({"since", number(part.since)});
    table.push_back({"restarts", number(part.restarts)});
    table.push_back({"last_exit", text(part.last_exit)});
    table.push_back({"control", text(part.control)});
    return Node{.value = std::move(table)};
}

/// Each listener that is switched on: a list of {host, port} or {path}.
Node listeners_node(const config::Config& config) {
    Node::Table listeners;
    for (const config::Parameter& parameter : config::parameters()) {
        const config::Member value = config::value_of(parameter, config);
        Node::List places;
        if (parameter.section == "listen" && parameter.kind == config::Kind::addresses) {
            for (const std::string& address : *std::get<std::vector<std::string>*>(value)) {
                const Result<config::Endpoint> endpoint = config::parse_endpoint(address);
                if (!endpoint) continue;
                Node::Table place;
                place.push_back({"host", text(endpoint->host)});
                place.push_back({"port", number(endpoint->port)});
                places.push_back(Node{.value = std::move(place)});
            }
        } else if (parameter.kind == config::Kind::socket && !std::get<std::string*>(value)->empty()) {
            Node::Table place;
            place.push_back({"path", text(*std::get<std::string*>(value))});
            places.push_back(Node{.value = std::move(place)});
        }
        if (!places.empty()) listeners.push_back({std::string(parameter.name), Node{.value = std::move(places)}});
    }
    return Node{.value = std::move(listeners)};
}

}  // namespace

std::string status_path(const config::Config& config) { return config.general.run_folder + "/status.json"; }
std::string pid_path(const config::Config& config) { return config.general.run_folder + "/posthoused.pid"; }

Result<> write_status(const config::Config& config, const Status& status) {
    Node::Table root;
    root.push_back({"pid", number(::getpid())});
    root.push_back({"state", text(status.state)});
    root.push_back({"since", number(status.since)});
    root.push_back({"config", text(status.config_path)});
    Node::List parts;
    for (const PartStatus& part : status.parts) parts.push_back(part_node(part));
    root.push_back({"parts", Node{.value = std::move(parts)}});
    root.push_back({"listeners", listeners_node(config)});

    // Not durable on purpose: after a power cut nothing of it is true.
    const std::string path = status_path(config);
    const std::string temporary = path + ".new";
    const Result<UniqueFd> fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (!fd) return fail(fd.error());
    if (Result<> written = write_all(fd->get(), config::write_json(Node{.value = std::move(root)}, true) + "\n");
        !written)
        return written;
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("rename to " + path, errno);
    return {};
}

Result<UniqueFd> lock_run_folder(const config::Config& config) {
    const std::string path = pid_path(config);
    Result<UniqueFd> fd = open_file(path, O_RDWR | O_CREAT, 0644);
    if (!fd) return fd;
    if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
        const Result<std::string> holder = read_all(fd->get(), 64);
        return fail(ErrorCode::busy, "already running here: process " +
                                         std::string(holder ? ascii::trim(*holder) : "unknown") + " holds " + path);
    }
    if (::ftruncate(fd->get(), 0) != 0) return fail_errno("ftruncate " + path, errno);
    if (Result<> written = write_all(fd->get(), std::to_string(::getpid()) + "\n"); !written)
        return fail(written.error());
    return fd;
}

}  // namespace posthouse::supervisor
