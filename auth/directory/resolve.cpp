// Address resolution.
#include "auth/directory/resolve.h"

#include <algorithm>
#include <set>
#include <vector>

#include "auth/directory/database.h"
#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

class Resolver {
  public:
    /// With `one_step`, what the first address leads to is not looked at any further.
    Resolver(Lookups& directory, const ResolveSettings& settings, const ResolveListener& listener, bool one_step)
        : directory_(directory), settings_(settings), listener_(listener), one_step_(one_step) {}

    /// Adds every recipient of `address`; false: it does not exist. (A list without members does, and adds none.)
    Result<bool> expand(const MailAddress& address, const std::string& detail) {
        const std::string key = address.text();
        const bool again = std::ranges::find(path_, key) != path_.end();
        path_.push_back(key);
        Result<bool> found = again ? loop(key, detail) : expand_once(address, key, detail);
        path_.pop_back();
        return found;
    }

    Resolution take() { return std::move(result_); }

  private:
    using Rule = ResolveStep::Rule;

    /// Tells the listener; what was found.
    bool tell(Rule rule, const std::string& address, bool found, std::vector<std::string> leads_to = {}) const {
        if (listener_) listener_({rule, path_.size() - 1, address, found, std::move(leads_to)});
        return found;
    }

    Result<bool> expand_once(const MailAddress& address, const std::string& key, const std::string& detail) {
        if (!expanded_.insert(key + '\n' + detail).second) return tell(Rule::again, key, true);
        if (expanded_.size() > max_alias_targets)
            return fail(ErrorCode::denied, "More than 1000 addresses behind one alias");
        const Result<bool> local = directory_.has_domain(address.domain);
        if (!local) return local;
        tell(Rule::domain, address.domain, *local);
        if (!*local) {
            const Result<std::optional<std::string>> other = directory_.domain_alias(address.domain);
            if (!other) return fail(other.error());
            if (!*other) return foreign(address.domain, key);
            tell(Rule::domain_alias, address.domain, true, {**other});
        }
        if (one_step_ && path_.size() > 1) return add({Recipient::Transport::local, key, detail});
        if (path_.size() > static_cast<std::size_t>(max_alias_depth) + 1)
            return fail(ErrorCode::denied, "Aliases are nested too deep: " + route());
        return expand_local(address, detail);
    }

    Result<bool> expand_local(const MailAddress& address, const std::string& detail) {
        const Result<bool> exact = aliases_or_user(address, address, detail);
        if (!exact || *exact) return exact;
        if (const std::optional<MailAddress> base = without_detail(address, settings_)) {
            const std::string tag = address.local.substr(base->local.size() + 1);
            tell(Rule::detail, address.text(), true, {base->text()});
            const Result<bool> tagged = aliases_or_user(*base, *base, tag);
            if (!tagged || *tagged) return tagged;
        }
        const Result<bool> same = in_other_domain(address, detail);
        if (!same || *same) return same;
        const Result<bool> caught = aliases_or_user({{}, address.domain}, address, detail);
        if (!caught || *caught) return caught;
        const bool role = ascii::iequals(address.local, "postmaster") || ascii::iequals(address.local, "abuse");
        if (!role) return false;
        result_.role = true;
        return role_address(address.domain);
    }

    /// Follows the aliases of `source`, or else takes the user of that name. `self` is what `@domain` targets keep.
    Result<bool> aliases_or_user(const MailAddress& source, const MailAddress& self, const std::string& detail) {
        Result<std::vector<std::string>> targets = directory_.alias_destinations(source.text(), max_alias_targets + 1);
        if (!targets) return fail(targets.error());
        if (listener_) tell(Rule::alias, source.text(), !targets->empty(), *targets);
        if (targets->empty()) return source.local.empty() ? Result<bool>(false) : user_or_list(source.text(), detail);
        if (targets->size() > max_alias_targets)
            return fail(ErrorCode::denied, "More than 1000 targets of " + source.text());
        const std::string outer_owner = owner_;
        if (const Result<> entered = enter_list(source); !entered) return fail(entered.error());
        Result<bool> found = follow(*targets, source, self, detail);
        owner_ = outer_owner;
        return found;
    }

    /// Notes the rules of the list, if `source` is one. What follows comes from its owner, if it has one.
    Result<> enter_list(const MailAddress& source) {
        if (source.local.empty()) return {};
        const Result<std::optional<ListRules>> list = directory_.find_list(source.text());
        if (!list) return fail(list.error());
        if (!*list) return {};
        const std::string address = source.text();
        tell(Rule::list, address, true, {std::string(to_string((*list)->posters))});
        const bool open = (*list)->posters == ListPosters::anyone;
        (open ? result_.open_lists : result_.restricted_lists).push_back(address);
        if (!(*list)->owner.empty()) owner_ = owner_address(address);
        return {};
    }

    Result<bool> follow(const std::vector<std::string>& targets, const MailAddress& source, const MailAddress& self,
                        const std::string& detail) {
        bool found = false;
        std::vector<std::string> dead;
        for (const std::string& target : targets) {
            Result<MailAddress> next = parse_alias_destination(target, settings_.local_part);
            if (!next) {  // a row that another program wrote; it leads nowhere
                tell(Rule::ignored, source.text(), false, {target});
                continue;
            }
            if (next->local.empty()) next->local = self.local;
            const Result<bool> one = *next == source ? user(next->text(), detail) : expand(*next, detail);
            if (!one) return one;
            if (!*one) dead.push_back(next->text());
            found = found || *one;
        }
        for (std::string& address : dead)
            if (found && addresses_.insert(address).second) result_.dead_ends.push_back({std::move(address), owner_});
        return found;
    }

    /// The same address in the domain that this one is another name of.
    Result<bool> in_other_domain(const MailAddress& address, const std::string& detail) {
        const Result<std::optional<std::string>> other = directory_.domain_alias(address.domain);
        if (!other) return fail(other.error());
        if (!*other) return false;
        const Result<std::string> name = canonical_domain(**other);
        if (!name) return false;  // a row that another program wrote
        const Result<bool> ours = directory_.has_domain(*name);
        if (!ours || !*ours) return ours;
        const MailAddress same{address.local, *name};
        tell(Rule::domain_alias, address.text(), true, {same.text()});
        return expand(same, detail);
    }

    Result<bool> user(const std::string& email, const std::string& detail) {
        const Result<std::optional<User>> user = directory_.find_user(email);
        if (!user) return fail(user.error());
        if (!tell(Rule::user, email, user->has_value())) return false;
        return add({.transport = Recipient::Transport::local,
                    .address = (*user)->email,
                    .detail = detail,
                    .quota = (*user)->has_quota()});
    }

    Result<bool> user_or_list(const std::string& address, const std::string& detail) {
        const Result<bool> mailbox = user(address, detail);
        if (!mailbox || *mailbox) return mailbox;
        const Result<std::optional<ListRules>> list = directory_.find_list(address);
        if (!list) return fail(list.error());
        if (*list) {
            tell(Rule::list, address, false, {std::string(to_string((*list)->posters))});
            return true;
        }
        const std::optional<std::string> owned = list_of_owner_address(address);
        return owned ? owner_of(*owned, address) : Result<bool>(false);
    }

    /// Mail for the owner of a list.
    Result<bool> owner_of(const std::string& list, const std::string& address) {
        const Result<std::optional<ListRules>> rules = directory_.find_list(list);
        if (!rules) return fail(rules.error());
        if (!*rules || (*rules)->owner.empty()) return false;
        tell(Rule::owner, address, true, {(*rules)->owner});
        const Result<MailAddress> owner = parse_address((*rules)->owner, settings_.local_part);
        return owner ? expand(*owner, {}) : Result<bool>(false);
    }

    /// An address of a domain that isn't ours.
    Result<bool> foreign(const std::string& domain, const std::string& address) {
        const Result<std::optional<RelayRecipients>> relayed = directory_.relay_domain(domain);
        if (!relayed) return fail(relayed.error());
        if (!*relayed) return add({Recipient::Transport::remote, address, {}});
        const Result<bool> taken =
            **relayed == RelayRecipients::any ? Result<bool>(true) : directory_.has_relay_recipient(address);
        if (!taken || !tell(Rule::relay, address, *taken)) return taken;
        return add({Recipient::Transport::relay, address, {}});
    }

    Result<bool> role_address(const std::string& domain) {
        if (!settings_.postmaster.empty()) {
            const Result<MailAddress> configured = parse_address(settings_.postmaster, settings_.local_part);
            if (configured && std::ranges::find(path_, configured->text()) == path_.end()) {
                tell(Rule::postmaster, domain, true, {configured->text()});
                const Result<bool> found = expand(*configured, {});
                if (!found || *found) return found;
            }
        }
        const Result<std::optional<std::string>> responsible = directory_.responsible_user(domain);
        if (!responsible) return fail(responsible.error());
        tell(Rule::postmaster, domain, responsible->has_value(),
             *responsible ? std::vector{**responsible} : std::vector<std::string>{});
        return *responsible ? user(**responsible, {}) : Result<bool>(false);
    }

    Result<bool> loop(const std::string& key, const std::string& detail) {
        tell(Rule::loop, key, true);
        const Result<bool> mailbox = user(key, detail);
        if (!mailbox || *mailbox) return mailbox;
        return fail(ErrorCode::denied, "Alias loop: " + route());
    }

    Result<bool> add(Recipient recipient) {
        const bool local = recipient.transport == Recipient::Transport::local;
        recipient.owner = owner_;
        if (!addresses_.insert(recipient.address).second) return tell(Rule::again, recipient.address, true);
        tell(local ? Rule::local : Rule::remote, recipient.address, true);
        if (addresses_.size() > max_alias_targets)
            return fail(ErrorCode::denied, "More than 1000 recipients behind one alias");
        result_.recipients.push_back(std::move(recipient));
        return true;
    }

    std::string route() const {
        std::string text;
        for (const std::string& address : path_) text += (text.empty() ? "" : " > ") + address;
        return text;
    }

    Lookups& directory_;
    const ResolveSettings& settings_;
    const ResolveListener& listener_;
    const bool one_step_;
    Resolution result_;
    std::string owner_;                ///< who gets bounces of what is being expanded
    std::vector<std::string> path_;    ///< addresses being expanded, the latest last
    std::set<std::string> addresses_;  ///< of the recipients in result_
    std::set<std::string> expanded_;   ///< addresses that were, with their details
};

}  // namespace

ResolveSettings resolve_settings(const config::Config& config) {
    const auto& directory = config.directory;
    const std::string& delimiter = directory.subaddress_delimiter;
    return {delimiter.empty() ? '\0' : delimiter.front(), local_part_setting(config), directory.postmaster};
}

std::optional<MailAddress> without_detail(const MailAddress& address, const ResolveSettings& settings) {
    const auto delimiter = address.local.find(settings.delimiter, 1);
    if (delimiter == std::string::npos) return std::nullopt;
    return MailAddress{address.local.substr(0, delimiter), address.domain};
}

Result<Resolution> resolve(Lookups& directory, std::string_view address, const ResolveSettings& settings,
                           const ResolveListener& listener) {
    const Result<MailAddress> parsed = parse_address(address, settings.local_part);
    if (!parsed) return fail(parsed.error());
    const Result<Snapshot> snapshot = Snapshot::of(directory);
    if (!snapshot) return fail(snapshot.error());
    Resolver resolver(directory, settings, listener, false);
    const Result<bool> found = resolver.expand(*parsed, {});
    if (!found) return fail(found.error());
    Resolution resolution = resolver.take();
    if (resolution.recipients.empty()) return fail(ErrorCode::not_found, "No such address");
    return resolution;
}

Result<bool> may_post(Lookups& directory, const MailAddress& list, const Poster& poster,
                      const ResolveSettings& settings) {
    const Result<Snapshot> snapshot = Snapshot::of(directory);
    if (!snapshot) return fail(snapshot.error());
    const std::string address = list.text();
    const Result<std::optional<ListRules>> rules = directory.find_list(address);
    if (!rules) return fail(rules.error());
    if (!*rules) return true;
    const ListPosters posters = (*rules)->posters;
    if (posters == ListPosters::anyone) return true;
    if (posters == ListPosters::authenticated && !poster.user.empty()) return true;
    if (posters == ListPosters::domain && poster.user.ends_with('@' + list.domain)) return true;
    std::vector<std::string> names;
    for (const std::string& text : {poster.user, poster.sender})
        if (const Result<MailAddress> name = parse_address(text, settings.local_part)) {
            names.push_back(name->text());
            names.push_back('@' + name->domain);
        }
    const auto is_one = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
    if (is_one((*rules)->owner)) return true;
    const Result<std::vector<std::string>> listed = directory.list_posters(address, max_list_members);
    if (!listed) return fail(listed.error());
    if (std::ranges::any_of(*listed, is_one)) return true;
    if (posters != ListPosters::members) return false;
    const Result<std::vector<std::string>> members = directory.alias_destinations(address, max_list_members);
    if (!members) return fail(members.error());
    if (std::ranges::any_of(*members, is_one)) return true;
    // Who gets its mail by an alias or another list is a member, too.
    const ResolveListener nobody;
    Resolver resolver(directory, settings, nobody, false);
    const Result<bool> found = resolver.expand(list, {});
    if (!found) return found.error().code == ErrorCode::denied ? Result<bool>(false) : fail(found.error());
    return std::ranges::any_of(resolver.take().recipients,
                               [&](const Recipient& recipient) { return is_one(recipient.address); });
}

Result<std::vector<std::string>> resolve_step(Lookups& directory, const MailAddress& address,
                                              const ResolveSettings& settings) {
    const Result<Snapshot> snapshot = Snapshot::of(directory);
    if (!snapshot) return fail(snapshot.error());
    const ResolveListener nobody;
    Resolver resolver(directory, settings, nobody, true);
    const Result<bool> found = resolver.expand(address, {});
    if (!found) return fail(found.error());
    if (!*found) return fail(ErrorCode::not_found, "No such address");
    std::vector<std::string> next;
    for (const Recipient& recipient : resolver.take().recipients) {
        std::string text = recipient.address;
        const std::size_t at = text.rfind('@');
        if (!recipient.detail.empty() && text.find(settings.delimiter, 1) > at)
            text.insert(at, settings.delimiter + recipient.detail);
        next.push_back(std::move(text));
    }
    if (next.empty()) next.push_back(address.text());
    return next;
}

}  // namespace posthouse::auth
