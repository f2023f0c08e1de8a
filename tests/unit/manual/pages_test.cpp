// The pages tell all that there is, and nothing that there isn't.
#include "manual/pages.h"

#include <gtest/gtest.h>

#include <CLI/Option.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <regex>
#include <set>

#include "cli/command.h"
#include "lib/base/file.h"
#include "lib/config/parameter.h"
#include "manual/roff.h"
#include "posthoused/daemons.h"

namespace posthouse::manual {
namespace {

const std::string prose_folder = POSTHOUSE_SOURCE "/docs/man";

const std::vector<Page>& pages() {
    static const Result<std::vector<Page>> all = all_pages(prose_folder);
    if (!all) throw std::runtime_error(all.error().message());
    return *all;
}

std::string text_of(const std::string& reference) {
    for (const Page& page : pages())
        if (page.reference() == reference) return page.text("0");
    ADD_FAILURE() << "no page " << reference;
    return {};
}

/// `path` is "posthouse queue hold", which stands in `page`.
void expect_command(const std::string& page, const std::string& path, const cli::Command& command) {
    const std::vector<const cli::Command*> below = cli::commands_of(command);
    for (const cli::Command* one : below) expect_command(page, path + ' ' + one->get_name(), *one);
    if (!below.empty()) return;
    const std::size_t begin = page.find(".SS " + bold(literal(path)));
    ASSERT_NE(begin, std::string::npos) << path;
    const std::string own = page.substr(begin, page.find("\n.S", begin + 1) - begin);
    EXPECT_NE(own.find(spans(command.get_description())), std::string::npos) << path;
    EXPECT_FALSE(command.get_description().empty()) << path;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_name() == "--help") continue;
        EXPECT_FALSE(option->get_description().empty()) << path << ' ' << option->get_name();
        EXPECT_NE(own.find(spans(option->get_description())), std::string::npos) << path << ' ' << option->get_name();
        std::string name = italic(literal(option->get_name(true)));
        if (!option->get_positional()) {
            name.clear();
            for (const std::string& one : option->get_snames()) name += bold(literal('-' + one)) + ", ";
            name += bold(literal("--" + option->get_lnames().front()));
        }
        EXPECT_NE(own.find(".TP\n" + name), std::string::npos) << path << ' ' << name << '\n' << own;
        // CLI11's own words for kinds of values tell nobody what to give.
        const std::string type = option->get_type_name();
        const bool takes_value = !option->get_positional() && option->get_items_expected_max() > 0;
        if (takes_value && option->get_name() != "--description" && option->get_name() != "--reason" &&
            option->get_name() != "--because") {
            EXPECT_FALSE(type.starts_with("TEXT") || type.starts_with("INT") || type.starts_with("UINT"))
                << path << ' ' << option->get_name() << ' ' << type;
        }
    }
    EXPECT_FALSE(command.examples.empty()) << path;
    for (const std::string& line : command.examples)
        EXPECT_NE(page.find(literal("posthouse " + line)), std::string::npos) << line;
}

TEST(Pages, EveryCommandAndOptionIsInItsPage) {
    cli::Context context{.config_path = {}, .version = {}, .in = std::cin, .out = std::cout, .err = std::cerr};
    const std::unique_ptr<CLI::App> app = cli::make_app(context);
    const std::vector<const cli::Command*> commands = cli::commands_of(*app);
    EXPECT_GE(commands.size(), 20u);
    const std::string main = text_of("posthouse(8)");
    for (const cli::Command* command : commands) {
        const std::string name = "posthouse-" + command->get_name() + "(8)";
        expect_command(text_of(name), "posthouse " + command->get_name(), *command);
        EXPECT_NE(main.find(literal(name)), std::string::npos) << name;
    }
    for (const CLI::Option* option : app->get_options())
        EXPECT_NE(main.find(bold(literal("--" + option->get_lnames().front()))), std::string::npos)
            << option->get_name();
    for (const cli::ExitCode& code : cli::exit_codes())
        EXPECT_NE(main.find(literal(code.meaning)), std::string::npos) << code.word;
}

TEST(Pages, EverySettingIsInPosthouseToml) {
    const std::string page = text_of("posthouse.toml(5)");
    for (const config::Section& section : config::sections())
        EXPECT_NE(page.find("\n.SS [" + literal(section.name) + "]\n"), std::string::npos) << section.name;
    for (const config::Parameter& parameter : config::parameters()) {
        EXPECT_NE(page.find("\n" + bold(literal(parameter.full_name())) + " = "), std::string::npos)
            << parameter.full_name();
        EXPECT_NE(page.find(spans(parameter.documentation)), std::string::npos) << parameter.full_name();
    }
}

TEST(Pages, EveryDaemonHasOneWithItsListenersAndSections) {
    for (const supervisor::DaemonKind& kind : supervisor::daemon_kinds()) {
        const std::string page = text_of("posthouse-" + std::string(kind.name) + "(8)");
        for (const std::string_view listener : kind.listeners)
            EXPECT_NE(page.find(bold(literal("listen." + std::string(listener)))), std::string::npos) << listener;
        for (const std::string_view section : kind.sections)
            EXPECT_NE(page.find("[" + literal(section) + "]"), std::string::npos) << section;
        for (const char* heading : {".SH DESCRIPTION", ".SH SIGNALS", ".SH EXIT STATUS", ".SH SEE ALSO"})
            EXPECT_NE(page.find(heading), std::string::npos) << kind.name << heading;
    }
}

TEST(Pages, WhatTheyReferToExists) {
    const std::regex reference("posthouse[a-z.\\\\-]*d?\\([58]\\)");
    for (const Page& page : pages()) {
        const std::string text = page.text("0");
        EXPECT_TRUE(page.has("See also")) << page.name();
        for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at) {
            std::string name = at->str();
            std::erase(name, '\\');
            EXPECT_TRUE(std::ranges::any_of(pages(), [&](const Page& one) { return one.reference() == name; }))
                << page.name() << " refers to " << name;
        }
    }
}

TEST(Pages, ParametersThatProseNamesExist) {
    const std::set<std::string> files = {"guard.json", "guard.journal", "queued.wake"};
    const std::regex parameter("`([a-z0-9]+)\\.([a-z0-9_]+)`");
    for (const auto& entry : std::filesystem::directory_iterator(prose_folder)) {
        const Result<std::string> text = read_file(entry.path().string());
        ASSERT_TRUE(text);
        for (std::sregex_iterator at(text->begin(), text->end(), parameter), end; at != end; ++at) {
            const bool is_section = std::ranges::any_of(
                config::sections(), [&](const config::Section& one) { return one.name == (*at)[1].str(); });
            if (is_section && !files.contains((*at)[1].str() + '.' + (*at)[2].str())) {
                EXPECT_NE(config::find_parameter((*at)[1].str(), (*at)[2].str()), nullptr)
                    << entry.path() << ": " << at->str();
            }
        }
    }
}

TEST(Prose, HasOnlyHeadingsThatPagesHave) {
    EXPECT_TRUE(Prose::parse("## Description\n\nText.\n"));
    EXPECT_FALSE(Prose::parse("## Bugs\n\nNone.\n"));
    EXPECT_FALSE(Prose::parse("Text.\n## Description\n"));
    EXPECT_FALSE(Prose::read(prose_folder + "/missing.md"));
}

}  // namespace
}  // namespace posthouse::manual
