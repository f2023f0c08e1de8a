// posthouse tls-report show|send
#include <CLI/App.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/tell_queued.h"
#include "lib/tlsrpt/period.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string domain;
    bool today = false;
};

/// "certificate-expired 3, starttls-not-supported 1"
std::string failures_of(const tlsrpt::PolicyResults& results) {
    std::map<std::string_view, std::uint64_t> counts;
    for (const auto& [failure, count] : results.details) counts[to_string(failure.type)] += count;
    std::string text;
    for (const auto& [type, count] : counts)
        text += (text.empty() ? "" : ", ") + std::string(type) + " " + std::to_string(count);
    return text;
}

Exit show(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    Result<std::vector<tlsrpt::Period>> periods =
        tlsrpt::PeriodFiles((*config)->general.state_folder + "/tlsrpt").load();
    if (!periods) return report(context, periods.error());
    Table table({"SINCE", "UNTIL", "DOMAIN", "POLICY", "GOOD", "FAILED", "WHY"});
    nlohmann::json rows = nlohmann::json::array();
    for (const tlsrpt::Period& period : *periods) {
        for (const auto& [domain, policies] : period.domains) {
            if (!options.domain.empty() && domain != options.domain) continue;
            for (const tlsrpt::PolicyResults& results : policies) {
                const std::string type(to_string(results.policy.type));
                table.add({format_time(period.start), period.end == 0 ? "now" : format_time(period.end), domain, type,
                           with_commas(results.successes), with_commas(results.failures), failures_of(results)});
                rows.push_back({{"start", period.start},
                                {"end", period.end},
                                {"domain", domain},
                                {"policy", type},
                                {"successes", results.successes},
                                {"failures", results.failures},
                                {"why", failures_of(results)}});
            }
        }
    }
    if (context.json)
        print_json(context, rows);
    else
        table.print_or("Nothing was counted that isn't reported.", context.out);
    return Exit::ok;
}

Exit send(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    if (!(*config)->outbound.tls_reports)
        return report(context, {ErrorCode::invalid, "outbound.tls_reports is off: nothing is counted", {}});
    wake::Sender queued = to_queued(**config);
    if (!tell_queued(queued, wake::Signal::Kind::tls_reports, options.today ? "all" : "ended"))
        return report(context, {ErrorCode::unavailable, "queued does not listen: is it running?", {}});
    if (context.json)
        print_json(context, nlohmann::json::object({{"told", true}}));
    else
        context.out << "queued begins to send. Its log tells of each report.\n";
    return Exit::ok;
}

}  // namespace

void add_tls_report_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "tls-report", "What other domains are told of TLS on the way to them (RFC 8460)");
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(*group, context, "show", "Show what was counted and isn't reported; at most five minutes old",
                    "tls-report show example.net", [&context, options] { return show(context, *options); });
    command->add_option("domain", options->domain, "Only this domain");
    command = add_command(*group, context, "send", "Send now what is owed, rather than some time after midnight (UTC)",
                          "tls-report send --today", [&context, options] { return send(context, *options); });
    command->add_flag("--today", options->today, "Also what was counted today; counting begins anew");
}

}  // namespace posthouse::cli
