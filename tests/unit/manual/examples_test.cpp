// Every command line that the documentation shows is one.
#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "lib/base/ascii.h"
#include "lib/base/file.h"

namespace posthouse::manual {
namespace {

/// The words of a shell's line that are the command line of `posthouse`, up to a pipe, a redirection or a comment.
/// Nothing: another program's.
std::optional<std::vector<std::string>> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    const auto end = [&] {
        if (in_word) words.push_back(std::move(word));
        word.clear();
        in_word = false;
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != 0) {
            if (c == quote)
                quote = 0;
            else
                word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == ' ') {
            end();
        } else if ((c == '#' && !in_word) || c == '|' || c == '<' || c == '>' || c == '&' || c == ';' || c == ')') {
            break;
        } else {
            word += c;
            in_word = true;
        }
    }
    end();
    if (words.empty() || words.front() != "posthouse") return std::nullopt;
    words.erase(words.begin());
    return words;
}

/// Reaches what a command does.
struct Doing : CLI::App {
    static std::function<void()>& of(CLI::App& app) { return app.*(&Doing::final_callback_); }
};

/// Takes from every command what it does, which also holds the values of its options.
void take_actions(CLI::App& app, std::vector<std::function<void()>>& taken) {
    taken.push_back(std::exchange(Doing::of(app), {}));
    for (CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) take_actions(*below, taken);
}

/// What is wrong with a command line; nothing is run.
std::string problem_with(std::vector<std::string> words) {
    cli::Context context{.config_path = {}, .version = {}, .in = std::cin, .out = std::cout, .err = std::cerr};
    std::vector<std::function<void()>> actions;
    const std::unique_ptr<CLI::App> app = cli::make_app(context);
    take_actions(*app, actions);
    std::ranges::reverse(words);
    try {
        app->parse(words);
    } catch (const CLI::ParseError& error) {
        return error.get_exit_code() == 0 ? "" : error.what();
    }
    return {};
}

/// The commands of `posthouse` in a line: where it begins, behind a pipe or &&, and in $().
std::size_t expect_commands(const std::string& line, const std::string& where) {
    std::size_t count = 0;
    for (std::size_t at = line.find("posthouse "); at != std::string::npos; at = line.find("posthouse ", at + 1)) {
        const std::string_view before = ascii::trim(std::string_view(line).substr(0, at));
        if (!before.empty() && !before.ends_with('|') && !before.ends_with("&&") && !before.ends_with(";") &&
            !before.ends_with("$("))
            continue;
        const auto words = words_of(std::string_view(line).substr(at));
        if (!words) continue;
        EXPECT_EQ(problem_with(*words), "") << where << ": " << line;
        ++count;
    }
    return count;
}

TEST(Examples, AreTakenApartAsAShellDoes) {
    EXPECT_EQ(words_of("posthouse queue delete --sender '<>' --older-than 2d   # no"),
              (std::vector<std::string>{"queue", "delete", "--sender", "<>", "--older-than", "2d"}));
    EXPECT_EQ(words_of("posthouse db grants | mariadb"), (std::vector<std::string>{"db", "grants"}));
    EXPECT_FALSE(words_of("doveadm pw"));
    EXPECT_NE(problem_with({"queue", "list", "--colour"}), "");
    EXPECT_NE(problem_with({"queue", "list", "--limit", "much"}), "");
    EXPECT_EQ(problem_with({"user", "list"}), "");
}

void expect_examples(const cli::Command& command) {
    for (const cli::Command* below : cli::commands_of(command)) expect_examples(*below);
    for (const std::string& line : command.examples)
        EXPECT_EQ(expect_commands("posthouse " + line, command.get_name()), 1u) << line;
}

TEST(Examples, OfTheHelpAreCommandLines) {
    cli::Context context{.config_path = {}, .version = {}, .in = std::cin, .out = std::cout, .err = std::cerr};
    const std::unique_ptr<CLI::App> app = cli::make_app(context);
    for (const cli::Command* command : cli::commands_of(*app)) expect_examples(*command);
}

TEST(Examples, OfTheDocumentationAreCommandLines) {
    std::size_t count = 0;
    std::vector<std::filesystem::path> files{POSTHOUSE_SOURCE "/README.md", POSTHOUSE_SOURCE "/CONTRIBUTING.md"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(POSTHOUSE_SOURCE "/docs"))
        if (entry.path().extension() == ".md") files.push_back(entry.path());
    for (const std::filesystem::path& file : files) {
        const Result<std::string> text = read_file(file.string());
        ASSERT_TRUE(text) << file;
        bool fenced = false;
        for (const std::string_view line : ascii::split(*text, '\n')) {
            if (line.starts_with("```")) fenced = !fenced;
            if (fenced) count += expect_commands(std::string(line), file.filename().string());
        }
    }
    EXPECT_GT(count, 80u);
}

}  // namespace
}  // namespace posthouse::manual
