// posthouse auth tune, and the groups' other commands
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "auth/passwords/password.h"
#include "cli/auth_bans.h"
#include "cli/auth_test.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

constexpr std::array<std::uint64_t, 12> memories_mib{19, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024};
constexpr unsigned long long min_passes = 2;
constexpr unsigned long long max_passes = 4;

struct Options {
    std::uint64_t milliseconds = 50;
    std::uint64_t memory_mib = 256;
};

/// One cost, and what a hash of it took.
struct Measured {
    auth::Argon2Cost cost;
    double milliseconds = 0;
};

/// The shortest of three, so that what else the machine does counts little.
Result<double> measure(const auth::Argon2Cost& cost) {
    double best = 0;
    for (int i = 0; i < 3; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        const Result<std::string> hash = auth::hash_password("a password to measure with", {.argon2 = cost});
        if (!hash) return fail(hash.error());
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
        best = i == 0 ? took.count() : std::min(best, took.count());
    }
    return best;
}

/// Costs in the order of their strength: memory hurts an attacker more than passes do. From the least that is still
/// advised (OWASP: 19 MiB with two passes) on; all but the first keep to the time and the memory.
Result<std::vector<Measured>> measure_costs(const Options& options, std::uint64_t threads) {
    std::vector<Measured> all;
    for (const std::uint64_t mib : memories_mib) {
        if (mib * threads > options.memory_mib && !all.empty()) break;
        for (unsigned long long passes = min_passes; passes <= max_passes; ++passes) {
            const auth::Argon2Cost cost{static_cast<std::size_t>(mib) << 20, passes};
            const Result<double> took = measure(cost);
            if (!took) return fail(took.error());
            if (*took > static_cast<double>(options.milliseconds) && !all.empty()) {
                if (passes == min_passes) return all;
                break;
            }
            all.push_back({cost, *took});
        }
    }
    return all;
}

std::string mebibytes(const auth::Argon2Cost& cost) { return std::to_string(cost.memory_bytes >> 20) + "M"; }

Exit tune(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const auto threads = static_cast<std::uint64_t>((*config)->auth.hash_threads);
    const Result<std::vector<Measured>> measured = measure_costs(options, threads);
    if (!measured) return report(context, measured.error());
    const Measured& best = *std::ranges::max_element(
        *measured, {}, [](const Measured& one) { return std::pair(one.cost.memory_bytes, one.cost.passes); });
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const Measured& one : *measured) {
            rows.push_back({{"memory_bytes", one.cost.memory_bytes},
                            {"passes", one.cost.passes},
                            {"milliseconds", one.milliseconds}});
        }
        print_json(context, {{"measured", rows},
                             {"hash_threads", threads},
                             {"suggested",
                              {{"argon2_memory", mebibytes(best.cost)},
                               {"argon2_passes", best.cost.passes},
                               {"milliseconds", best.milliseconds},
                               {"logins_per_second", 1000 / best.milliseconds * static_cast<double>(threads)}}}});
        return Exit::ok;
    }
    const auto rounded = [](double number) { return std::to_string(static_cast<long>(number + 0.5)); };
    Table table({"MEMORY", "PASSES", "MS"});
    for (const Measured& one : *measured)
        table.add({mebibytes(one.cost), std::to_string(one.cost.passes), rounded(one.milliseconds)});
    table.print(context.out);
    context.out << "\nSuggested: " << rounded(best.milliseconds) << " ms a log-in, up to "
                << ((best.cost.memory_bytes * threads) >> 20) << " MiB with " << threads << " hash_threads.\n\n[auth]\n"
                << "argon2_memory = \"" << mebibytes(best.cost) << "\"\nargon2_passes = " << best.cost.passes << "\n";
    return Exit::ok;
}

}  // namespace

void add_auth_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "auth", "Log-ins: what they cost, and whose are refused");
    add_ban_commands(*group, context);
    add_auth_test_command(*group, context);
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(*group, context, "tune", "Measure Argon2id here and suggest its cost",
                    "auth tune --time 100 --memory 512", [&context, options] { return tune(context, *options); });
    command->add_option("--time", options->milliseconds, "Longest time of one hash, in ms")
        ->type_name("MS")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command
        ->add_option("--memory", options->memory_mib,
                     "Most memory of all hashing threads (auth.hash_threads) together, in MiB")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(CLI::Range(1, 65'536));
}

}  // namespace posthouse::cli
