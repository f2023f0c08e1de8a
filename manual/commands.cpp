// The command line's pages, from the tree of its commands.
#include <CLI/Option.hpp>
#include <algorithm>
#include <iostream>
#include <set>

#include "cli/command.h"
#include "lib/base/ascii.h"
#include "manual/pages.h"
#include "manual/roff.h"

namespace posthouse::manual {
namespace {

using cli::Command;

/// Ends as a sentence does.
std::string sentence(std::string text) {
    if (!text.ends_with('.') && !text.ends_with('?')) text += '.';
    return text;
}

/// "[address]", "id..."
std::string positional(const CLI::Option& option) {
    std::string text = italic(literal(option.get_name(true)));
    if (option.get_items_expected_max() > 1) text += "...";
    return option.get_required() ? text : '[' + text + ']';
}

bool is_help(const CLI::Option& option) { return option.get_name() == "--help"; }

/// How the command is called: "posthouse queue hold [options] [id...]".
std::string call_of(const std::string& path, const CLI::App& command) {
    std::string text = bold(literal(path));
    const std::vector<const CLI::Option*> all = command.get_options();
    if (std::ranges::any_of(all, [](const auto* one) { return !one->get_positional() && !is_help(*one); }))
        text += " [" + italic("options") + ']';
    for (const CLI::Option* option : all)
        if (option->get_positional()) text += ' ' + positional(*option);
    return text;
}

/// "Not together with --csv."
std::string relation(const char* words, const std::set<CLI::Option*>& others) {
    std::set<std::string> names;
    for (const CLI::Option* other : others) names.insert('`' + other->get_name() + '`');
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? words : ", ") + name;
    return text.empty() ? "" : ' ' + text + '.';
}

/// What an option's checks let through, as CLI11 describes them: "{a,b}" or "INT in [1 - 64]".
std::string limits_of(std::string_view type) {
    const std::size_t colon = type.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view check = type.substr(colon + 1);
    if (check.starts_with('{')) {
        std::string words;
        for (const std::string_view word : ascii::split(check.substr(1, check.size() - 2), ','))
            words += (words.empty() ? " One of: `" : ", `") + std::string(word) + '`';
        return words + '.';
    }
    const std::size_t begin = check.find('[');
    const std::size_t middle = check.find(" - ");
    if (begin == std::string_view::npos || middle == std::string_view::npos) return {};
    return ' ' + std::string(check.substr(begin + 1, middle - begin - 1)) + " to " +
           std::string(check.substr(middle + 3, check.size() - middle - 4)) + '.';
}

std::string option_item(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    std::string term;
    if (option.get_positional()) {
        term = italic(literal(option.get_name(true)));
    } else {
        for (const std::string& name : option.get_snames()) term += bold(literal('-' + name)) + ", ";
        term += bold(literal("--" + option.get_lnames().front()));
        if (option.get_items_expected_max() > 0) term += ' ' + italic(literal(type.substr(0, type.find(':'))));
    }
    std::string text = sentence(option.get_description());
    if (!option.get_positional() && option.get_required()) text += " Required.";
    text += limits_of(type);
    if (const std::string initial = option.get_default_str(); !initial.empty()) text += " Default: `" + initial + "`.";
    text += relation("Only with ", option.get_needs()) + relation("Not with ", option.get_excludes());
    return item(term, text);
}

/// The commands below a group, with all they take. `path` is "posthouse queue".
void add_command(Page& page, const std::string& path, const Command& command) {
    const std::vector<const Command*> below = cli::commands_of(command);
    for (const Command* one : below) add_command(page, path + ' ' + one->get_name(), *one);
    if (!below.empty()) return;
    page.add("Synopsis", call_of(path, command) + "\n.br\n");
    std::string text = ".SS " + call_of(path, command) + '\n' + spans(sentence(command.get_description())) + '\n';
    if (!command.note.empty()) text += ".PP\n" + spans(command.note) + '\n';
    for (const CLI::Option* option : command.get_options())
        if (!is_help(*option)) text += option_item(*option);
    page.add("Commands", text);
    std::string examples;
    for (const std::string& line : command.examples) examples += "posthouse " + line + '\n';
    page.add("Examples", example(examples));
}

Result<Page> page_of(const Command& command, const std::string& prose_folder) {
    const std::string name = "posthouse-" + command.get_name();
    const Result<Prose> prose = Prose::read(prose_folder + '/' + name + ".md");
    if (!prose) return fail(prose.error());
    Page page(name, 8, command.get_description());
    add_command(page, "posthouse " + command.get_name(), command);
    page.add("Options", ".PP\nOptions that all commands have are in posthouse(8).\n");
    page.add("Exit status", ".PP\nThe codes are those of posthouse(8).\n");
    page.add(*prose);
    return page;
}

Result<Page> main_page(const CLI::App& app, const std::vector<Page>& pages, const std::string& prose_folder) {
    const Result<Prose> prose = Prose::read(prose_folder + "/posthouse.md");
    if (!prose) return fail(prose.error());
    Page page("posthouse", 8, "manages a Posthouse mail server");
    page.add("Synopsis", ".SY posthouse\n[" + italic("options") + "] " + italic("command") + "\n.YS\n");
    for (const Page& one : pages) page.add("Commands", item(bold(literal(one.reference())), sentence(one.purpose())));
    for (const CLI::Option* option : app.get_options()) page.add("Options", option_item(*option));
    for (const cli::ExitCode& code : cli::exit_codes())
        page.add("Exit status", item(std::to_string(static_cast<int>(code.code)), code.meaning));
    page.add(*prose);
    return page;
}

}  // namespace

Result<std::vector<Page>> command_pages(const std::string& prose_folder) {
    cli::Context context{.config_path = {}, .version = {}, .in = std::cin, .out = std::cout, .err = std::cerr};
    const std::unique_ptr<CLI::App> app = cli::make_app(context);
    std::vector<Page> pages;
    for (const Command* command : cli::commands_of(*app)) {
        Result<Page> page = page_of(*command, prose_folder);
        if (!page) return fail(page.error());
        pages.push_back(*std::move(page));
    }
    std::ranges::sort(pages, {}, &Page::name);
    Result<Page> main = main_page(*app, pages, prose_folder);
    if (!main) return fail(main.error());
    pages.insert(pages.begin(), *std::move(main));
    return pages;
}

}  // namespace posthouse::manual
