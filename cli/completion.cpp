// posthouse completion bash|zsh|fish: scripts for shells, which ask the program itself what may come next.
#include <CLI/Option.hpp>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/open_mailbox.h"
#include "cli/table.h"
#include "lib/base/ascii.h"
#include "storage/account.h"

namespace posthouse::cli {
namespace {

/// What is printed instead of candidates where the name of a file belongs, which shells complete themselves.
constexpr const char* files = ":files";

constexpr const char* bash_script = R"sh(# bash completion for posthouse: eval "$(posthouse completion bash)"
_posthouse() {
    local IFS=$'\n' candidates
    candidates=$(posthouse __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [ "$candidates" = :files ]; then compopt -o default; COMPREPLY=(); return; fi
    COMPREPLY=($(compgen -W "$candidates" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _posthouse posthouse
)sh";

constexpr const char* zsh_script = R"sh(#compdef posthouse
# zsh completion for posthouse: posthouse completion zsh > "${fpath[1]}/_posthouse"
_posthouse() {
    local -a candidates
    candidates=("${(@f)$(posthouse __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ $candidates[1] == :files ]]; then _files; else compadd -a candidates; fi
}
# As an autoloaded function the file is the first call itself.
if [[ $funcstack[1] == _posthouse ]]; then _posthouse "$@"; else compdef _posthouse posthouse; fi
)sh";

constexpr const char* fish_script =
    R"sh(# fish completion for posthouse: posthouse completion fish > ~/.config/fish/completions/posthouse.fish
function __posthouse_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l candidates (posthouse __complete -- $words[2..-1] 2>/dev/null)
    if test "$candidates" = :files
        __fish_complete_path (commandline -ct)
    else
        string join \n -- $candidates
    end
end
complete -c posthouse -f -a '(__posthouse_complete)'
)sh";

/// The option of that name that `command` or a group above it has, if it takes a value.
const CLI::Option* option_with_value(const CLI::App* command, const std::string& name) {
    for (; command != nullptr; command = command->get_parent()) {
        const CLI::Option* option = name.starts_with('-') ? command->get_option_no_throw(name) : nullptr;
        if (option != nullptr) return option->get_items_expected_max() > 0 ? option : nullptr;
    }
    return nullptr;
}

/// The command that words lead to, and its own words among them. The last one is being typed.
struct Place {
    const CLI::App* command = nullptr;
    std::vector<std::string> words;
    const CLI::Option* option = nullptr;  ///< what is being typed is its value
};

Place place_of(const CLI::App& app, const std::vector<std::string>& words) {
    Place place{.command = &app, .words = {}};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i].starts_with('-')) {
            const CLI::Option* option = option_with_value(place.command, words[i]);
            if (option == nullptr) continue;
            if (++i + 1 >= words.size()) place.option = option;
            continue;
        }
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

void add_domains(const Context& context, std::set<std::string>& candidates) {
    const auto directory = open_directory(context);
    const auto domains = directory ? (*directory)->domains() : fail(directory.error());
    if (!domains) return;
    for (const auth::Domain& domain : *domains) candidates.insert(domain.name);
}

/// What the value of an option may be, as far as its kind tells: one of some words ("STATE:{incoming,hold}"), a user,
/// a domain, a file.
void add_values(const Context& context, const CLI::Option& option, const std::string& begin,
                std::set<std::string>& candidates) {
    const std::string type = option.get_type_name();
    const std::size_t words = type.find(":{");
    if (words != std::string::npos) {
        const std::string_view list = std::string_view(type).substr(words + 2, type.size() - words - 3);
        for (const std::string_view word : ascii::split(list, ',')) candidates.emplace(word);
    }
    if (type == "FILE") candidates.emplace(files);
    if (type == "ADDRESS") add_addresses(context, begin, candidates);
    if (type == "DOMAIN") add_domains(context, candidates);
}

/// The commands and options that may come next, and what the next word of the command itself may be.
void add_words(const Context& context, const Place& place, const std::string& begin,
               std::set<std::string>& candidates) {
    for (const Command* command : commands_of(*place.command)) candidates.insert(command->get_name());
    std::size_t positional = 0;
    bool is_file = false;
    for (const CLI::App* level = place.command; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) candidates.insert("--" + name);
            if (level != place.command || !option->get_positional() || positional++ != place.words.size()) continue;
            const std::string name = option->get_name(true);
            if (name == "address" || name == "email") add_addresses(context, begin, candidates);
            if (name == "mailbox" && !place.words.empty()) add_mailboxes(context, place.words.front(), candidates);
            is_file = name == "file" && !begin.starts_with('-');
        }
    }
    if (is_file) candidates = {files};
}

void print_candidates(const Context& context, const CLI::App& app, const std::vector<std::string>& words) {
    const Place place = place_of(app, words);
    const std::string begin = words.empty() ? "" : words.back();
    std::set<std::string> candidates;
    if (place.option != nullptr)
        add_values(context, *place.option, begin, candidates);
    else
        add_words(context, place, begin, candidates);
    for (const std::string& candidate : candidates) context.out << printable(candidate) << '\n';
}

}  // namespace

void add_completion_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "completion", "Print a script that completes commands in a shell");
    for (const auto& [shell, script] : {std::pair{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}}) {
        add_command(*group, context, shell, std::string("Print the script for ") + shell,
                    std::string("completion ") + shell, [&context, text = script] {
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
