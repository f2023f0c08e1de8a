// posthouse completion bash|zsh|fish: scripts for shells, which ask the program itself what may come next.
#include <CLI/Option.hpp>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/open_mailbox.h"
#include "cli/table.h"
#include "storage/account.h"

namespace posthouse::cli {
namespace {

constexpr const char* bash_script = R"sh(# bash completion for posthouse: eval "$(posthouse completion bash)"
_posthouse() {
    case "${COMP_WORDS[COMP_CWORD-1]}" in --config|--csv|--sqlite|--password-file) compopt -o default; return;; esac
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$(posthouse __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _posthouse posthouse
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

/// The command that words lead to, and its own words among them. The last one is being typed.
struct Place {
    const CLI::App* command = nullptr;
    std::vector<std::string> words;
};

Place place_of(const CLI::App& app, const std::vector<std::string>& words) {
    Place place{&app, {}};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == "--config") ++i;
        if (i + 1 >= words.size() || words[i].starts_with('-')) continue;
        const CLI::App* next = nullptr;
        for (const CLI::App* command :
             place.command->get_subcommands([&](const CLI::App* a) { return a->get_name() == words[i]; }))
            next = command;
        if (next != nullptr)
            place.command = next;
        else
            place.words.push_back(words[i]);
    }
    return place;
}

/// Users' addresses that begin so. A directory that can't be asked has none.
void add_addresses(const Context& context, const std::string& begin, std::set<std::string>& candidates) {
    constexpr std::size_t max_candidates = 1000;
    const auto directory = open_directory(context);
    const auto users = directory ? (*directory)->users({}) : fail(directory.error());
    if (!users) return;
    for (const auth::User& user : *users)
        if (user.email.starts_with(begin) && candidates.size() < max_candidates) candidates.insert(user.email);
}

void add_mailboxes(const Context& context, const std::string& address, std::set<std::string>& candidates) {
    const Result<OpenAccount> mail = open_account(context, address);
    const auto listed = mail ? mail->account->list() : fail(mail.error());
    if (!listed) return;
    for (const storage::ListedMailbox& mailbox : *listed) candidates.insert(mailbox.name.text());
}

void print_candidates(const Context& context, const CLI::App& app, const std::vector<std::string>& words) {
    const Place place = place_of(app, words);
    std::set<std::string> candidates;
    for (const CLI::App* command :
         place.command->get_subcommands([](const CLI::App* a) { return !a->get_name().starts_with("__"); }))
        candidates.insert(command->get_name());
    std::size_t positional = 0;
    for (const CLI::App* level = place.command; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) candidates.insert("--" + name);
            if (level != place.command || !option->get_positional() || positional++ != place.words.size()) continue;
            const std::string name = option->get_name(true);
            if (name == "address" || name == "email")
                add_addresses(context, words.empty() ? "" : words.back(), candidates);
            if (name == "mailbox" && !place.words.empty()) add_mailboxes(context, place.words.front(), candidates);
        }
    }
    for (const std::string& candidate : candidates) context.out << printable(candidate) << '\n';
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
                                         print_candidates(context, app, *words);
                                         return Exit::ok;
                                     });
    complete->group("");
    complete->add_option("words", *words);
}

}  // namespace posthouse::cli
