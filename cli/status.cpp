// posthouse status
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"

namespace posthouse::cli {
namespace {

using Json = nlohmann::json;

// posthoused holds a lock on its process id file for as long as it lives.
bool supervisor_runs(const std::string& run_folder) {
    const Result<UniqueFd> fd = open_file(run_folder + "/posthoused.pid", O_RDONLY);
    return fd && ::flock(fd->get(), LOCK_SH | LOCK_NB) != 0;
}

std::string ago(std::int64_t since) {
    const std::int64_t seconds = std::max<std::int64_t>(0, std::time(nullptr) - since);
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7200) return std::to_string(seconds / 60) + " min";
    if (seconds < 172'800) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86'400) + " d";
}

bool is_up(const Json& part) { return part.value("state", "") == "ready"; }

std::string place(const Json& where) {
    if (where.contains("path")) return where.value("path", "");
    return where.value("host", "") + ":" + std::to_string(where.value("port", 0));
}

void print(Context& context, const Json& status) {
    Table parts({"PART", "STATE", "PID", "SINCE", "RESTARTS", "LAST EXIT"});
    for (const Json& part : status.at("parts")) {
        const auto told = part.find("pid");
        const std::int64_t pid = told != part.end() && told->is_number() ? told->get<std::int64_t>() : 0;
        parts.add({part.value("name", "") + "-" + std::to_string(part.value("worker", 1)), part.value("state", ""),
                   pid == 0 ? "-" : std::to_string(pid), ago(part.value("since", std::int64_t{0})),
                   std::to_string(part.value("restarts", 0)), part.value("last_exit", "")});
    }
    parts.print(context.out);
    context.out << '\n';
    Table listeners({"LISTENER", "ADDRESS"});
    for (const auto& [name, places] : status.at("listeners").items()) {
        for (const Json& where : places) listeners.add({name, place(where)});
    }
    listeners.print(context.out);
}

Exit status(Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const std::string& run_folder = (*config)->general.run_folder;
    const Error not_running{ErrorCode::unavailable, "The server does not run (" + run_folder + ")", {}};
    if (!supervisor_runs(run_folder)) return report(context, not_running);
    const Result<std::string> text = read_file(run_folder + "/status.json");
    if (!text) return report(context, text.error().code == ErrorCode::not_found ? not_running : text.error());
    const Json document = Json::parse(*text, nullptr, false);
    if (!document.is_object() || !document.contains("parts") || !document.contains("listeners"))
        return report(context, {ErrorCode::internal, run_folder + "/status.json is of another version", {}});

    const Json& parts = document.at("parts");
    const bool all_up = std::all_of(parts.begin(), parts.end(), is_up);
    if (context.json) {
        Json shown = document;
        shown["up"] = all_up;
        print_json(context, shown);
    } else {
        print(context, document);
    }
    return all_up ? Exit::ok : Exit::unavailable;
}

}  // namespace

void add_status_command(CLI::App& app, Context& context) {
    add_command(app, context, "status", "Show every part of the running server; exit code 5 when one is down", "status",
                [&context] { return status(context); });
}

}  // namespace posthouse::cli
