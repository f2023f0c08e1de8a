// posthouse list add|show|list|set|remove, list member add|remove, and list poster add|remove
#include <CLI/Option.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"
#include "lib/base/ascii.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_listed = 2000;  // bytes in the audit log

struct Options {
    std::string address;
    std::string description;
    std::vector<std::string> members;
    std::string domain;
    std::optional<std::string> posters{};    ///< --posters
    std::optional<std::string> owner{};      ///< --owner; none: nobody any more
    std::optional<std::string> described{};  ///< --description of `set`
};

/// In the form of the directory.
struct Parsed {
    std::string address;
    std::vector<std::string> members;
};

Result<std::string> parse_address(const std::string& text, auth::LocalPart form) {
    const Result<auth::MailAddress> address = auth::parse_alias_source(text, form);
    if (!address) return fail(address.error());
    if (address->local.empty())
        return fail(ErrorCode::invalid, "A list and its members are addresses, not a whole @domain");
    return address->text();
}

Result<Parsed> parse(const Context& context, const Options& options) {
    const auth::LocalPart form = local_part(context);
    Result<std::string> address = parse_address(options.address, form);
    if (!address) return fail(address.error());
    Parsed parsed{std::move(*address), {}};
    for (const std::string& text : options.members) {
        Result<std::string> member = parse_address(text, form);
        if (!member) return fail(member.error());
        if (*member == parsed.address) return fail(ErrorCode::invalid, "A list can't be a member of itself");
        parsed.members.push_back(std::move(*member));
    }
    return parsed;
}

Result<> check_description(const std::string& text) {
    if (text.size() > auth::max_list_description)
        return fail(ErrorCode::invalid, "A description has at most 1024 bytes");
    if (!ascii::is_utf8(text) || std::ranges::any_of(text, ascii::is_control))
        return fail(ErrorCode::invalid, "A description is one line of UTF-8");
    return {};
}

/// The rules as they are after what the options say. Errors: invalid.
Result<auth::ListRules> rules_with(const Context& context, const Options& options, auth::ListRules rules) {
    if (options.posters) {
        const Result<auth::ListPosters> posters = auth::parse_list_posters(*options.posters);
        if (!posters) return fail(posters.error());
        rules.posters = *posters;
    }
    if (!options.owner) return rules;
    rules.owner.clear();
    if (options.owner->empty() || *options.owner == "none") return rules;
    Result<std::string> owner = parse_address(*options.owner, local_part(context));
    if (!owner) return fail(owner.error());
    rules.owner = std::move(*owner);
    return rules;
}

std::string listed(const std::vector<std::string>& members) {
    std::string text;
    for (const std::string& member : members) text += (text.empty() ? "" : ", ") + member;
    return text.substr(0, max_listed);
}

std::string counted(std::size_t members) { return std::to_string(members) + (members == 1 ? " member" : " members"); }

nlohmann::json to_json(const auth::DistributionList& list) {
    return {{"address", list.address},   {"description", list.description},
            {"members", list.members},   {"posters", auth::to_string(list.rules.posters)},
            {"owner", list.rules.owner}, {"created_at", list.created_at}};
}

Result<auth::DistributionList> find_list(auth::Directory& directory, const std::string& address) {
    Result<std::optional<auth::DistributionList>> list = directory.distribution_lists().find(address);
    if (!list) return fail(list.error());
    if (!*list) return fail(ErrorCode::not_found, "List " + address + " does not exist");
    return std::move(**list);
}

Exit add(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    if (const Result<> fine = check_description(options.description); !fine) return report(context, fine.error());
    const Result<auth::ListRules> rules = rules_with(context, options, {});
    if (!rules) return report(context, rules.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    auth::DistributionLists& lists = change->directory().distribution_lists();
    if (const Result<> added = lists.add(parsed->address, options.description); !added)
        return report(context, added.error());
    if (const Result<> set = lists.set_rules(parsed->address, *rules); !set) return report(context, set.error());
    for (const std::string& member : parsed->members) {
        if (const Result<> added = lists.add_member(parsed->address, member); !added)
            return report(context, added.error());
    }
    if (const Result<> kept = change->commit("list.add", parsed->address, listed(parsed->members)); !kept)
        return report(context, kept.error());
    if (parsed->members.empty() && !context.json)
        context.err << "Note: a list without members takes no mail. Add some: posthouse list member add "
                    << printable(parsed->address) << " ADDRESS\n";
    return done(context, "List " + parsed->address + " added, with " + counted(parsed->members.size()) + ".",
                {{"address", parsed->address}, {"members", parsed->members}});
}

Exit show(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<auth::DistributionList> list = find_list(**directory, parsed->address);
    if (!list) return report(context, list.error());
    const Result<std::vector<std::string>> members = (*directory)->distribution_lists().members(list->address);
    if (!members) return report(context, members.error());
    const Result<std::vector<std::string>> posters = (*directory)->distribution_lists().posters(list->address);
    if (!posters) return report(context, posters.error());
    if (context.json) {
        nlohmann::json document = to_json(*list);
        document["members"] = *members;
        document["listed_posters"] = *posters;
        print_json(context, document);
        return Exit::ok;
    }
    context.out << printable(list->address) << ", since " << format_time(list->created_at) << '\n';
    if (!list->description.empty()) context.out << printable(list->description) << '\n';
    context.out << "May post: " << auth::to_string(list->rules.posters);
    if (!posters->empty()) context.out << ", and " << printable(listed(*posters));
    context.out << '\n';
    if (!list->rules.owner.empty())
        context.out << "Owner: " << printable(list->rules.owner) << ", as "
                    << printable(auth::owner_address(list->address)) << '\n';
    if (members->empty()) context.out << "No members: it takes no mail.\n";
    for (const std::string& member : *members) context.out << "  " << printable(member) << '\n';
    return Exit::ok;
}

Exit list_all(Context& context, const Options& options) {
    const Result<std::string> domain = wanted_domain(options.domain);
    if (!domain) return report(context, domain.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::DistributionList>> lists = (*directory)->distribution_lists().list(*domain);
    if (!lists) return report(context, lists.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& list : *lists) rows.push_back(to_json(list));
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"LIST", "MEMBERS", "POSTERS", "OWNER", "CREATED", "DESCRIPTION"});
    for (const auto& list : *lists)
        table.add({list.address, std::to_string(list.members), std::string(auth::to_string(list.rules.posters)),
                   list.rules.owner, format_time(list.created_at), list.description});
    table.print_or("No lists.", context.out);
    return Exit::ok;
}

Exit set(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    if (!options.described && !options.posters && !options.owner)
        return report(context, {ErrorCode::invalid, "Say what to set: --description, --posters or --owner", {}});
    if (const Result<> fine = check_description(options.described.value_or("")); !fine)
        return report(context, fine.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    auth::DistributionLists& lists = change->directory().distribution_lists();
    const Result<auth::DistributionList> list = find_list(change->directory(), parsed->address);
    if (!list) return report(context, list.error());
    const Result<auth::ListRules> rules = rules_with(context, options, list->rules);
    if (!rules) return report(context, rules.error());
    const std::string description = options.described.value_or(list->description);
    if (const Result<> set = lists.describe(parsed->address, description); !set) return report(context, set.error());
    if (const Result<> set = lists.set_rules(parsed->address, *rules); !set) return report(context, set.error());
    std::string details = description;
    if (options.posters) details += (details.empty() ? "" : "; ") + ("posters: " + *options.posters);
    if (options.owner) details += (details.empty() ? "" : "; ") + ("owner: " + rules->owner);
    if (const Result<> kept = change->commit("list.set", parsed->address, details); !kept)
        return report(context, kept.error());
    return done(context, "List " + parsed->address + " changed.",
                {{"address", parsed->address},
                 {"description", description},
                 {"posters", auth::to_string(rules->posters)},
                 {"owner", rules->owner}});
}

/// Addresses, or @domain, that may post.
Result<std::vector<std::string>> parse_posters(const Context& context, const Options& options) {
    std::vector<std::string> posters;
    for (const std::string& text : options.members) {
        const Result<auth::MailAddress> address = auth::parse_alias_source(text, local_part(context));
        if (!address) return fail(address.error());
        posters.push_back(address->text());
    }
    return posters;
}

Exit change_posters(Context& context, const Options& options, bool add) {
    const Result<std::string> address = parse_address(options.address, local_part(context));
    if (!address) return report(context, address.error());
    const Result<std::vector<std::string>> posters = parse_posters(context, options);
    if (!posters) return report(context, posters.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    auth::DistributionLists& lists = change->directory().distribution_lists();
    for (const std::string& poster : *posters) {
        const Result<> changed = add ? lists.add_poster(*address, poster) : lists.remove_poster(*address, poster);
        if (!changed) return report(context, changed.error());
    }
    const std::string all = listed(*posters);
    if (const Result<> kept = change->commit(add ? "list.poster.add" : "list.poster.remove", *address, all); !kept)
        return report(context, kept.error());
    return done(context, all + (add ? " may post to " : " may not post by name any more to ") + *address + '.',
                {{"address", *address}, {"posters", *posters}});
}

Exit remove(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<auth::DistributionList> list = find_list(**directory, parsed->address);
    if (!list) return report(context, list.error());
    const std::string members = counted(static_cast<std::size_t>(list->members));
    if (list->members > 0) {
        const Exit answer = confirm(context, "Remove list " + list->address + " with its " + members + "?");
        if (answer != Exit::ok) return answer;
    }
    Result<Change> change = Change::begin(context, std::move(*directory));
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().distribution_lists().remove(list->address); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("list.remove", list->address, members); !kept)
        return report(context, kept.error());
    return done(context, "List " + list->address + " removed.", {{"address", list->address}});
}

Exit add_members(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    for (const std::string& member : parsed->members) {
        const Result<> added = change->directory().distribution_lists().add_member(parsed->address, member);
        if (!added) return report(context, added.error());
    }
    const std::string members = listed(parsed->members);
    if (const Result<> kept = change->commit("list.member.add", parsed->address, members); !kept)
        return report(context, kept.error());
    return done(context, "Mail for " + parsed->address + " goes to " + members + " too.",
                {{"address", parsed->address}, {"members", parsed->members}});
}

Exit remove_members(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(context, options);
    if (!parsed) return report(context, parsed.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    auth::DistributionLists& lists = change->directory().distribution_lists();
    for (const std::string& member : parsed->members) {
        if (const Result<> removed = lists.remove_member(parsed->address, member); !removed)
            return report(context, removed.error());
    }
    const Result<std::optional<auth::DistributionList>> left = lists.find(parsed->address);
    if (!left) return report(context, left.error());
    const std::string members = listed(parsed->members);
    if (const Result<> kept = change->commit("list.member.remove", parsed->address, members); !kept)
        return report(context, kept.error());
    if (*left && (*left)->members == 0 && !context.json)
        context.err << "Note: " << printable(parsed->address) << " has no members any more, and takes no mail.\n";
    return done(context, "Mail for " + parsed->address + " does not go to " + members + " any more.",
                {{"address", parsed->address}, {"members", parsed->members}});
}

}  // namespace

void add_list_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "list", "Distribution lists: addresses whose mail goes to members");
    auto options = std::make_shared<Options>();
    const auto with_address = [options](CLI::App* command) {
        command->add_option("list", options->address, "The list's address")->required();
    };
    const auto with_description = [options](CLI::App* command) {
        return command->add_option("--description", options->description, "What the list is for")->type_name("TEXT");
    };
    const auto with_members = [options](CLI::App* command) {
        command->add_option("members", options->members, "Their addresses")->required();
    };

    const auto with_rules = [options](CLI::App* command) {
        command
            ->add_option(
                "--posters", options->posters,
                "Who may send to it: anyone, authenticated (who has logged in), domain (who has, as a user of its "
                "domain), members, or listed (nobody but posters that are named, and the owner)")
            ->type_name("WHO");
        command
            ->add_option("--owner", options->owner,
                         "Who gets bounces, and the mail for <list>-owner; none: senders get bounces")
            ->type_name("ADDRESS");
    };

    CLI::App* command = add_command(
        *group, context, "add", "Make a list",
        "list add team@example.org --description \"All of us\" --member joe@example.org --member ann@example.org",
        [&context, options] { return add(context, *options); });
    with_address(command);
    with_description(command);
    command->add_option("--member", options->members, "A member's address; may be given several times")
        ->type_name("ADDRESS")
        ->allow_extra_args(false);
    with_rules(command);

    command = add_command(*group, context, "show", "Show a list and its members", "list show team@example.org",
                          [&context, options] { return show(context, *options); });
    with_address(command);

    command = add_command(*group, context, "list", "List all lists", "list list --domain example.org",
                          [&context, options] { return list_all(context, *options); });
    command->add_option("--domain", options->domain, "Only of this domain")->type_name("DOMAIN");

    command = add_command(*group, context, "set", "Describe a list, or say who may post to it and who owns it",
                          "list set team@example.org --posters members --owner joe@example.org",
                          [&context, options] { return set(context, *options); });
    with_address(command);
    command->add_option("--description", options->described, "What the list is for")->type_name("TEXT");
    with_rules(command);

    command = add_command(*group, context, "remove", "Remove a list", "list remove team@example.org",
                          [&context, options] { return remove(context, *options); });
    with_address(command);

    CLI::App* member = add_group(*group, "member", "Who gets a list's mail");
    command = add_command(*member, context, "add", "Add members",
                          "list member add team@example.org zoe@example.org bob@example.net",
                          [&context, options] { return add_members(context, *options); });
    with_address(command);
    with_members(command);
    command =
        add_command(*member, context, "remove", "Remove members", "list member remove team@example.org zoe@example.org",
                    [&context, options] { return remove_members(context, *options); });
    with_address(command);
    with_members(command);

    const auto with_posters = [options](CLI::App* command) {
        command->add_option("posters", options->members, "Their addresses, or @domain for all of one")->required();
    };
    CLI::App* poster = add_group(*group, "poster", "Who may send to a list, whoever else may");
    command =
        add_command(*poster, context, "add", "Let somebody post", "list poster add team@example.org boss@example.net",
                    [&context, options] { return change_posters(context, *options, true); });
    with_address(command);
    with_posters(command);
    command = add_command(*poster, context, "remove", "Let somebody post no more",
                          "list poster remove team@example.org boss@example.net",
                          [&context, options] { return change_posters(context, *options, false); });
    with_address(command);
    with_posters(command);
}

}  // namespace posthouse::cli
