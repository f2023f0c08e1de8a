// The parts of the server, from the supervisor's status file or from the control sockets that are there.
#include "webmail-bridge/parts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/config/node.h"

namespace posthouse::bridge {
namespace {

using config::Node;

constexpr std::array<std::string_view, 8> daemons = {"authd",  "guardd", "historyd", "lmtpd",
                                                     "queued", "smtpd",  "imapd",    "pop3d"};
constexpr std::size_t max_parts = 1000;  // 64 workers of each daemon are the most
constexpr std::size_t max_status_octets = 1u << 20;
constexpr std::int64_t max_worker = 1'000'000;

std::string text_of(const Node& table, std::string_view key) {
    const Node* node = table.find(key);
    const auto* text = node == nullptr ? nullptr : node->get<std::string>();
    return text == nullptr ? std::string() : *text;
}

/// "imapd-2.sock"
std::optional<Part> part_of_file_name(const std::string& folder, std::string_view file_name) {
    std::string_view stem = file_name;
    if (!stem.ends_with(".sock")) return std::nullopt;
    stem.remove_suffix(5);
    const std::size_t dash = stem.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return std::nullopt;
    const std::optional<std::uint64_t> worker = ascii::parse_number(stem.substr(dash + 1));
    if (!worker || *worker > max_worker) return std::nullopt;
    return Part{std::string(stem.substr(0, dash)),
                static_cast<std::int64_t>(*worker),
                folder + "/" + std::string(file_name),
                {},
                {}};
}

}  // namespace

Result<std::vector<Part>> parts_of_status(std::string_view json) {
    const Result<Node> document = config::parse_json(json);
    if (!document) return fail(document.error());
    const Node* list = document->find("parts");
    const auto* items = list == nullptr ? nullptr : list->get<Node::List>();
    if (items == nullptr) return fail(ErrorCode::invalid, "The status file has no list of parts");
    if (items->size() > max_parts) return fail(ErrorCode::invalid, "The status file has too many parts");
    std::vector<Part> parts;
    for (const Node& item : *items) {
        const Node* worker = item.find("worker");
        const auto* number = worker == nullptr ? nullptr : worker->get<std::int64_t>();
        Part part{text_of(item, "name"), number == nullptr ? 1 : *number, text_of(item, "control"),
                  text_of(item, "state"), text_of(item, "last_exit")};
        if (part.name.empty()) return fail(ErrorCode::invalid, "The status file has a part without a name");
        parts.push_back(std::move(part));
    }
    return parts;
}

std::vector<Part> parts_of_folder(const std::string& folder, const std::vector<std::string>& file_names) {
    std::vector<Part> parts;
    for (const std::string& file_name : file_names) {
        std::optional<Part> part = part_of_file_name(folder, file_name);
        if (part && parts.size() < max_parts) parts.push_back(std::move(*part));
    }
    for (const std::string_view daemon : daemons)
        if (std::ranges::find(parts, daemon, &Part::name) == parts.end())
            parts.push_back({std::string(daemon), 1, {}, {}, {}});
    std::ranges::sort(parts, {}, [](const Part& part) { return std::pair(part.name, part.worker); });
    return parts;
}

Result<std::vector<Part>> find_parts(const std::string& run_folder) {
    const Result<std::string> status = read_file(run_folder + "/status.json", max_status_octets);
    if (status) return parts_of_status(*status);
    const std::string folder = run_folder + "/control";
    std::vector<std::string> names;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed))
        names.push_back(at->path().filename().string());
    return parts_of_folder(folder, names);
}

}  // namespace posthouse::bridge
