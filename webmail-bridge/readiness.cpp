// The readiness page.
#include "webmail-bridge/readiness.h"

#include <utility>

#include "lib/config/node.h"

namespace posthouse::bridge {
namespace {

using config::Node;

Node text(const std::string& value) { return Node{.value = value}; }

Node node_of(const PartReadiness& state) {
    Node::Table table;
    table.push_back({"name", text(state.part.name)});
    table.push_back({"worker", Node{.value = state.part.worker}});
    table.push_back({"ready", Node{.value = state.reason.empty()}});
    if (!state.reason.empty()) table.push_back({"reason", text(state.reason)});
    return Node{.value = std::move(table)};
}

http::Response page(int status, Node::Table table) {
    return http::response(status, "application/json", config::write_json(Node{.value = std::move(table)}, true) + "\n");
}

}  // namespace

http::Response readiness_page(const std::vector<PartReadiness>& parts) {
    bool ready = true;
    Node::List list;
    for (const PartReadiness& state : parts) {
        ready = ready && state.reason.empty();
        list.push_back(node_of(state));
    }
    Node::Table table;
    table.push_back({"ready", Node{.value = ready}});
    table.push_back({"parts", Node{.value = std::move(list)}});
    return page(ready ? 200 : 503, std::move(table));
}

http::Response unknown_readiness(const std::string& reason) {
    Node::Table table;
    table.push_back({"ready", Node{.value = false}});
    table.push_back({"reason", text(reason)});
    table.push_back({"parts", Node{.value = Node::List()}});
    return page(503, std::move(table));
}

std::string reason_of_state(const Part& part) {
    if (part.control.empty()) return "no control socket";
    if (part.state == "waiting")
        return "waiting to be restarted" + (part.last_exit.empty() ? "" : " (" + part.last_exit + ")");
    if (part.state == "stopping" || part.state == "stopped") return part.state;
    return {};
}

}  // namespace posthouse::bridge
