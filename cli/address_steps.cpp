// Where mail for an address goes, in words.
#include "cli/address_steps.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace posthouse::cli {
namespace {

using Rule = auth::ResolveStep::Rule;

constexpr std::array<std::pair<Rule, const char*>, 13> names{{{Rule::domain, "domain"},
                                                              {Rule::alias, "alias"},
                                                              {Rule::user, "user"},
                                                              {Rule::list, "list"},
                                                              {Rule::owner, "owner"},
                                                              {Rule::relay, "relay"},
                                                              {Rule::detail, "detail"},
                                                              {Rule::domain_alias, "domain_alias"},
                                                              {Rule::postmaster, "postmaster"},
                                                              {Rule::ignored, "ignored"},
                                                              {Rule::again, "again"},
                                                              {Rule::loop, "loop"},
                                                              {Rule::remote, "remote"}}};

std::string listed(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

std::string of_alias(const auth::ResolveStep& step) {
    if (step.address.starts_with('@')) {
        if (!step.found) return "no catch-all for " + step.address.substr(1);
        return "the catch-all of " + step.address.substr(1) + " leads to " + listed(step.leads_to);
    }
    if (!step.found) return "no alias or list " + step.address;
    return step.address + " leads to " + listed(step.leads_to);
}

std::string of_list(const auth::ResolveStep& step) {
    if (!step.found) return step.address + " is a list without members: it takes no mail";
    const std::string posters = listed(step.leads_to);
    if (posters == "anyone") return step.address + " is a list that anyone may post to";
    if (posters == "listed") return step.address + " is a list that its listed posters may post to";
    return step.address + " is a list for posters: " + posters + " (and its owner and listed posters)";
}

}  // namespace

std::string sentence(const auth::ResolveStep& step) {
    switch (step.rule) {
        case Rule::domain:
            return step.address + (step.found ? " is a domain of this server" : " is no domain of its own here");
        case Rule::alias: return of_alias(step);
        case Rule::user: return (step.found ? "there is a user " : "no user ") + step.address;
        case Rule::list: return of_list(step);
        case Rule::owner: return step.address + " is the owner of a list: " + listed(step.leads_to);
        case Rule::relay:
            return step.found ? "mail for " + step.address + " is taken and passed on"
                              : step.address + " is not among the recipients of its relay domain";
        case Rule::detail: return "without its detail: " + listed(step.leads_to);
        case Rule::domain_alias:
            return step.address.find('@') == std::string::npos
                       ? step.address + " is another name of " + listed(step.leads_to)
                       : "the same address there: " + listed(step.leads_to);
        case Rule::postmaster:
            return step.found ? "mail for postmaster and abuse of " + step.address + " goes to " + listed(step.leads_to)
                              : "there is nobody who could get the mail for postmaster and abuse of " + step.address;
        case Rule::ignored: return "\"" + listed(step.leads_to) + "\" is no address, and is left out";
        case Rule::again: return step.address + " was found before";
        case Rule::loop: return step.address + " led to itself";
        case Rule::remote: return step.address + " is on another server";
        case Rule::local: return "into the mailbox of " + step.address;
    }
    return {};
}

nlohmann::json to_json(const auth::ResolveStep& step) {
    const char* rule = "local";
    for (const auto& [known, name] : names) {
        if (known == step.rule) rule = name;
    }
    return {{"rule", rule},
            {"depth", step.depth},
            {"address", step.address},
            {"found", step.found},
            {"leads_to", step.leads_to}};
}

Result<std::string> recipients_of(auth::Lookups& directory, std::string_view address,
                                  const auth::ResolveSettings& settings) {
    const Result<auth::Resolution> resolution = auth::resolve(directory, address, settings);
    if (!resolution && resolution.error().code == ErrorCode::not_found) return std::string("nobody");
    if (!resolution && resolution.error().code == ErrorCode::denied) return "nobody: " + resolution.error().text;
    if (!resolution) return fail(resolution.error());
    std::vector<std::string> all;
    for (const auth::Recipient& recipient : resolution->recipients) all.push_back(recipient.address);
    return listed(all);
}

}  // namespace posthouse::cli
