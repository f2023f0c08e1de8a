// What a document holds, put into the directory.
#include "cli/directory_import.h"

#include <algorithm>
#include <utility>

namespace posthouse::cli {
namespace {

using auth::Directory;

/// Whether the error is about this row, and others may be taken.
bool is_of_row(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::exists || error.code == ErrorCode::limit ||
           error.code == ErrorCode::invalid;
}

class Importer {
  public:
    Importer(Directory& directory, const DirectoryDocument& document, bool update, ImportReport& report)
        : directory_(directory), document_(document), update_(update), report_(report) {}

    Result<> run() {
        for (const auto part : {&Importer::domains, &Importer::relay_domains, &Importer::domain_aliases,
                                &Importer::users, &Importer::aliases, &Importer::lists, &Importer::grants,
                                &Importer::transports, &Importer::app_passwords, &Importer::limits}) {
            if (const Result<> done = (this->*part)(); !done) return done;
        }
        return {};
    }

  private:
    static std::vector<std::string> without(std::vector<std::string> texts, const std::vector<std::string>& others) {
        std::erase_if(texts, [&](const std::string& text) { return std::ranges::find(others, text) != others.end(); });
        return texts;
    }

    static bool same(const auth::Services& one, const auth::Services& other) { return one.names() == other.names(); }

    enum class Outcome { added, changed, unchanged, kept };

    /// Counts what became of `what`; an error of the row alone is told, others end the import. So does any error once
    /// the row that was there is gone: leaving out the new one would lose it.
    Result<> note(const char* kind, const std::string& what, const Result<Outcome>& outcome) {
        if (!outcome && (replacing_ || !is_of_row(outcome.error()))) return fail(outcome.error());
        replacing_ = false;
        if (!outcome) {
            report_.add_problem(what + ": " + outcome.error().text);
            return {};
        }
        ImportCounts& counts = report_.kinds[kind];
        if (*outcome == Outcome::added) ++counts.added;
        if (*outcome == Outcome::changed) ++counts.changed;
        if (*outcome == Outcome::unchanged) ++counts.unchanged;
        if (*outcome == Outcome::kept) {
            ++counts.kept;
            if (report_.kept.size() < ImportReport::max_told) report_.kept.push_back(what);
        }
        return {};
    }

    /// For rows that are there or not: what adding gave.
    static Result<Outcome> added_or_there(const Result<>& added) {
        if (added) return Outcome::added;
        if (added.error().code == ErrorCode::exists) return Outcome::unchanged;
        return fail(added.error());
    }

    Result<> domains() {
        for (const std::string& name : document_.domains) {
            const Result<> noted = note("domains", name, added_or_there(directory_.add_domain(name)));
            if (!noted) return noted;
        }
        return {};
    }

    Result<> relay_domains() {
        if (document_.relay_domains.empty()) return {};
        const Result<std::vector<auth::RelayDomain>> rows = directory_.relay_domains().list();
        if (!rows) return fail(rows.error());
        for (const DirectoryDocument::RelayDomain& domain : document_.relay_domains) {
            const auto found = std::ranges::find(*rows, domain.name, &auth::RelayDomain::name);
            const Result<> noted =
                note("relay_domains", domain.name, one_relay_domain(domain, found == rows->end() ? nullptr : &*found));
            if (!noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_relay_domain(const DirectoryDocument::RelayDomain& domain, const auth::RelayDomain* present) {
        auth::RelayDomains& domains = directory_.relay_domains();
        const Result<std::vector<std::string>> listed = domains.recipients(domain.name);
        if (!listed) return fail(listed.error());
        const std::vector<std::string> missing = without(domain.listed, *listed);
        if (present != nullptr) {
            if (missing.empty() && present->recipients == domain.recipients) return Outcome::unchanged;
            if (!update_) return Outcome::kept;
            const Result<> set = domains.set_recipients(domain.name, domain.recipients);
            if (!set) return fail(set.error());
        } else if (const Result<> added = domains.add(domain.name, domain.recipients); !added) {
            return fail(added.error());
        }
        for (const std::string& address : missing) {
            const Result<Outcome> added = added_or_there(domains.add_recipient(address));
            if (!added) return added;
        }
        return present != nullptr ? Outcome::changed : Outcome::added;
    }

    Result<> domain_aliases() {
        for (const auth::DomainAlias& alias : document_.domain_aliases) {
            const Result<> noted = note("domain_aliases", alias.name, domain_alias(alias));
            if (!noted) return noted;
        }
        return {};
    }

    Result<Outcome> domain_alias(const auth::DomainAlias& alias) {
        const Result<std::optional<std::string>> present = directory_.domain_alias(alias.name);
        if (!present) return fail(present.error());
        if (*present && **present == alias.domain) return Outcome::unchanged;
        if (*present && !update_) return Outcome::kept;
        if (*present) {
            const Result<bool> known = directory_.has_domain(alias.domain);
            if (!known) return fail(known.error());
            if (!*known) return fail(ErrorCode::not_found, "Domain " + alias.domain + " does not exist");
            if (const Result<> removed = directory_.remove_domain_alias(alias.name); !removed)
                return fail(removed.error());
            replacing_ = true;
        }
        if (const Result<> added = directory_.add_domain_alias(alias.name, alias.domain); !added)
            return fail(added.error());
        return *present ? Outcome::changed : Outcome::added;
    }

    Result<> users() {
        for (const DirectoryDocument::User& user : document_.users) {
            if (const Result<> noted = note("users", user.row.email, one_user(user)); !noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_user(const DirectoryDocument::User& told) {
        const auth::NewUser& user = told.row;
        const Result<std::optional<auth::User>> present = directory_.find_user(user.email);
        if (!present) return fail(present.error());
        if (!*present) {
            if (const Result<> added = directory_.add_user(user); !added) return fail(added.error());
            if (const Result<> set = set_scram_keys(told); !set) return fail(set.error());
            if (told.app_passwords_only) {
                const Result<> set = directory_.set_app_passwords_only(user.email, true);
                if (!set) return fail(set.error());
            }
            return Outcome::added;
        }
        const auth::User& old = **present;
        const bool other_password = !user.password.empty() && user.password != old.password;
        const bool other_keys = !told.scram_keys.empty() && told.scram_keys != old.scram_keys;
        const bool other_change = user.must_change_password != old.must_change_password;
        if (!other_password && !other_keys && !other_change && user.quota_mb == old.quota_mb &&
            user.enabled == old.enabled && user.admin == old.admin && same(user.services, old.services) &&
            told.app_passwords_only == old.app_passwords_only)
            return Outcome::unchanged;
        if (!update_) return Outcome::kept;
        if (other_password || other_change) {
            const Result<> set = directory_.set_password(user.email, other_password ? user.password : old.password,
                                                         user.must_change_password);
            if (!set) return fail(set.error());
        }
        if (const Result<> set = set_scram_keys(told); !set) return fail(set.error());
        if (const Result<> set = directory_.set_quota(user.email, user.quota_mb); !set) return fail(set.error());
        if (const Result<> set = directory_.set_enabled(user.email, user.enabled); !set) return fail(set.error());
        if (const Result<> set = directory_.set_services(user.email, user.services); !set) return fail(set.error());
        if (const Result<> set = directory_.set_app_passwords_only(user.email, told.app_passwords_only); !set)
            return fail(set.error());
        if (const Result<> set = directory_.set_admin(user.email, user.admin); !set) return fail(set.error());
        if (other_password || (user.must_change_password && !old.must_change_password) ||
            (!user.enabled && old.enabled) || (!user.services.all() && !same(user.services, old.services)) ||
            (told.app_passwords_only && !old.app_passwords_only))
            report_.deprived.insert(user.email);
        return Outcome::changed;
    }

    Result<> set_scram_keys(const DirectoryDocument::User& told) {
        if (told.scram_keys.empty()) return {};
        return directory_.set_scram_keys(told.row.email, told.row.password, told.scram_keys);
    }

    Result<> aliases() {
        for (const DirectoryDocument::Alias& alias : document_.aliases) {
            const std::string what = alias.source + " to " + alias.destination;
            if (const Result<> noted = note("aliases", what, one_alias(alias)); !noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_alias(const DirectoryDocument::Alias& alias) {
        const Result<std::optional<auth::ListRules>> list = directory_.find_list(alias.source);
        if (!list) return fail(list.error());
        if (*list) return fail(ErrorCode::exists, "List " + alias.source + " already exists");
        return added_or_there(directory_.add_alias(alias.source, alias.destination));
    }

    Result<> lists() {
        for (const DirectoryDocument::List& list : document_.lists) {
            if (const Result<> noted = note("lists", list.address, one_list(list)); !noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_list(const DirectoryDocument::List& list) {
        auth::DistributionLists& lists = directory_.distribution_lists();
        const Result<std::optional<auth::DistributionList>> present = lists.find(list.address);
        if (!present) return fail(present.error());
        const Result<std::vector<std::string>> members = lists.members(list.address);
        if (!members) return fail(members.error());
        const Result<std::vector<std::string>> posters = lists.posters(list.address);
        if (!posters) return fail(posters.error());
        const std::vector<std::string> joining = without(list.members, *members);
        const std::vector<std::string> posting = without(list.posters, *posters);
        if (*present) {
            if (joining.empty() && posting.empty() && (*present)->description == list.description &&
                (*present)->rules == list.rules.value_or((*present)->rules))
                return Outcome::unchanged;
            if (!update_) return Outcome::kept;
            if (const Result<> set = lists.describe(list.address, list.description); !set) return fail(set.error());
        } else if (const Result<> added = lists.add(list.address, list.description); !added) {
            return fail(added.error());
        }
        if (list.rules) {
            if (const Result<> set = lists.set_rules(list.address, *list.rules); !set) return fail(set.error());
        }
        for (const std::string& member : joining) {
            const Result<Outcome> joined = added_or_there(lists.add_member(list.address, member));
            if (!joined) return joined;
        }
        for (const std::string& poster : posting) {
            const Result<Outcome> named = added_or_there(lists.add_poster(list.address, poster));
            if (!named) return named;
        }
        return *present ? Outcome::changed : Outcome::added;
    }

    Result<> grants() {
        for (const auth::SendAsGrant& grant : document_.grants) {
            const Result<> noted = note("grants", grant.user + " as " + grant.address,
                                        added_or_there(directory_.send_as_grants().add(grant.user, grant.address)));
            if (!noted) return noted;
        }
        return {};
    }

    Result<> transports() {
        if (document_.transports.empty()) return {};
        const Result<std::vector<auth::Transport>> rows = directory_.transports().list();
        if (!rows) return fail(rows.error());
        std::map<std::string, std::string> present;
        for (const auth::Transport& row : *rows) present.emplace(row.source, row.transport);
        for (const auth::Transport& row : document_.transports) {
            const auto found = present.find(row.source);
            const Result<> noted =
                note("transports", row.source, one_transport(row, found == present.end() ? nullptr : &found->second));
            if (!noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_transport(const auth::Transport& row, const std::string* present) {
        if (present != nullptr && *present == row.transport) return Outcome::unchanged;
        if (present != nullptr && !update_) return Outcome::kept;
        if (present != nullptr) {
            const Result<> removed = directory_.transports().remove(row.source);
            if (!removed) return fail(removed.error());
            replacing_ = true;
        }
        if (const Result<> added = directory_.transports().add(row.source, row.transport); !added)
            return fail(added.error());
        return present != nullptr ? Outcome::changed : Outcome::added;
    }

    Result<> app_passwords() {
        for (const DirectoryDocument::AppPassword& row : document_.app_passwords) {
            const Result<> noted = note("app_passwords", row.user + ": " + row.app.name, one_app_password(row));
            if (!noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_app_password(const DirectoryDocument::AppPassword& row) {
        const Result<std::vector<auth::AppPassword>> all =
            directory_.find_app_passwords(row.user, auth::max_app_passwords);
        if (!all) return fail(all.error());
        const auto present = std::ranges::find(*all, row.app.name, &auth::AppPassword::name);
        if (present != all->end()) {
            if (present->password == row.app.password && same(present->scope, row.app.scope) &&
                present->networks == row.app.networks && present->expires_at == row.app.expires_at)
                return Outcome::unchanged;
            if (!update_) return Outcome::kept;
            const Result<> removed = directory_.app_passwords().remove(row.user, row.app.name);
            if (!removed) return fail(removed.error());
            replacing_ = true;
            report_.deprived.insert(row.user);
        }
        if (const Result<> added = directory_.app_passwords().add(row.user, row.app); !added)
            return fail(added.error());
        return present != all->end() ? Outcome::changed : Outcome::added;
    }

    Result<> limits() {
        if (document_.limits.empty()) return {};
        const Result<std::vector<auth::SendingLimit>> rows = directory_.sending_limits().list();
        if (!rows) return fail(rows.error());
        std::map<std::string_view, const auth::SendingLimit*> present;
        for (const auth::SendingLimit& row : *rows) present.emplace(row.address, &row);
        for (const auth::SendingLimit& limit : document_.limits) {
            const auto found = present.find(limit.address);
            const Result<> noted = note("sending_limits", limit.address,
                                        one_limit(limit, found == present.end() ? nullptr : found->second));
            if (!noted) return noted;
        }
        return {};
    }

    Result<Outcome> one_limit(const auth::SendingLimit& limit, const auth::SendingLimit* present) {
        if (present != nullptr && *present == limit) return Outcome::unchanged;
        if (present != nullptr && !update_) return Outcome::kept;
        if (const Result<> set = directory_.sending_limits().set(limit); !set) return fail(set.error());
        return present != nullptr ? Outcome::changed : Outcome::added;
    }

    Directory& directory_;
    const DirectoryDocument& document_;
    bool update_;
    bool replacing_ = false;  ///< the old row is removed, the new one not added yet
    ImportReport& report_;
};

}  // namespace

void ImportReport::add_problem(std::string text) {
    if (++problem_count <= max_told) problems.push_back(std::move(text));
}

bool ImportReport::changes() const {
    return std::ranges::any_of(kinds, [](const auto& kind) { return kind.second.added + kind.second.changed > 0; });
}

Result<> import_document(Directory& directory, const DirectoryDocument& document, bool update, ImportReport& report) {
    return Importer(directory, document, update, report).run();
}

}  // namespace posthouse::cli
