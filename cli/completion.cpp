// posthouse completion bash|zsh|fish: scripts for shells, which ask the program itself what may come next.
#include <CLI/Option.hpp>
#include <ostream>

#include "cli/command.h"

namespace posthouse::cli {
namespace {

constexpr const char* bash_script = R"sh(# bash completion for posthouse: eval "$(posthouse completion bash)"
_posthouse() {
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$(posthouse __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _posthouse posthouse
)sh";

constexpr const char* zsh_script = R"sh(#compdef posthouse
# zsh completion for posthouse: posthouse completion zsh > "${fpath[1]}/_posthouse"
_posthouse() {
    local -a candidates
    candidates=("${(@f)$(posthouse __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    compadd -a candidates
}
compdef _posthouse posthouse
)sh";

constexpr const char* fish_script =
    R"sh(# fish completion for posthouse: posthouse completion fish > ~/.config/fish/completions/posthouse.fish
function __posthouse_complete
    set -l words (commandline -opc) (commandline -ct)
    posthouse __complete -- $words[2..-1] 2>/dev/null
end
complete -c posthouse -f -a '(__posthouse_complete)'
)sh";

void print_candidates(const CLI::App& app, std::ostream& out) {
    for (const CLI::App* command :
         app.get_subcommands([](const CLI::App* a) { return !a->get_name().starts_with("__"); }))
        out << command->get_name() << '\n';
    for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) out << "--" << name << '\n';
        }
    }
}

// Follows the words that name commands; the last word is the one being typed.
const CLI::App& current_command(const CLI::App& app, const std::vector<std::string>& words) {
    const CLI::App* at = &app;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        for (const CLI::App* command :
             at->get_subcommands([&](const CLI::App* a) { return a->get_name() == words[i]; }))
            at = command;
    }
    return *at;
}

}  // namespace

void add_completion_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "completion", "Print a script that completes commands in a shell");
    for (const auto& [shell, script] : {std::pair{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}}) {
        add_command(*group, context, shell, std::string("For ") + shell, std::string("completion ") + shell,
                    [&context, text = script] {
                        context.out << text;
                        return Exit::ok;
                    });
    }

    auto words = std::make_shared<std::vector<std::string>>();
    CLI::App* complete = add_command(app, context, "__complete", "Print what may come next", "__complete -- dom",
                                     [&app, &context, words] {
                                         print_candidates(current_command(app, *words), context.out);
                                         return Exit::ok;
                                     });
    complete->group("");
    complete->add_option("words", *words);
}

}  // namespace posthouse::cli
