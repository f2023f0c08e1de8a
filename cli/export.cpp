// posthouse export
#include "cli/export.h"

#include <CLI/Option.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <span>

#include "auth/directory/address.h"
#include "auth/directory/listed.h"
#include "cli/command.h"
#include "cli/directory_document.h"
#include "cli/open_directory.h"
#include "cli/sending_limit.h"

namespace posthouse::cli {
namespace {

using nlohmann::json;

class Writer {
  public:
    Writer(std::ostream& out, auth::Directory& directory, const ExportSelection& options)
        : out_(out), directory_(directory), options_(options) {}

    Result<> write() {
        if (!options_.user.empty())
            return write_parts(std::array{&Writer::write_users, &Writer::write_grants, &Writer::write_app_passwords,
                                          &Writer::write_limits});
        return write_parts(std::array{&Writer::write_domains, &Writer::write_relay_domains,
                                      &Writer::write_domain_aliases, &Writer::write_users, &Writer::write_aliases,
                                      &Writer::write_lists, &Writer::write_grants, &Writer::write_transports,
                                      &Writer::write_app_passwords, &Writer::write_limits});
    }

  private:
    Result<> write_parts(std::span<Result<> (Writer::* const)()> parts) {
        out_ << "{\n\"posthouse_directory\": " << document_version;
        for (const auto part : parts) {
            if (const Result<> written = (this->*part)(); !written) return written;
        }
        out_ << "\n}\n";
        return {};
    }

    /// Whether an address, `@domain`, domain or `.domain` is of the domain that is exported.
    bool is_meant(std::string_view name) const {
        if (!options_.user.empty()) return name == options_.user;
        if (options_.domain.empty()) return true;
        name = name.substr(name.rfind('@') + 1);
        if (name.starts_with('.')) name.remove_prefix(1);
        return name == options_.domain;
    }

    template <typename T, typename Meant, typename ToJson>
    Result<> write_array(const char* name, const Result<std::vector<T>>& rows, Meant meant, ToJson to_json) {
        if (!rows) return fail(rows.error());
        out_ << ",\n\"" << name << "\": [";
        bool first = true;
        for (const T& row : *rows) {
            if (!meant(row)) continue;
            Result<json> value = to_json(row);
            if (!value) return fail(value.error());
            out_ << (first ? "\n" : ",\n") << value->dump(-1, ' ', false, json::error_handler_t::replace);
            first = false;
        }
        out_ << ']';
        return {};
    }

    Result<> write_domains() {
        return write_array(
            "domains", directory_.domains(), [&](const auth::Domain& row) { return is_meant(row.name); },
            [](const auth::Domain& row) -> Result<json> { return json{{"name", row.name}}; });
    }
    Result<> write_relay_domains() {
        return write_array(
            "relay_domains", directory_.relay_domains().list(),
            [&](const auth::RelayDomain& row) { return is_meant(row.name); },
            [&](const auth::RelayDomain& row) -> Result<json> {
                const Result<std::vector<std::string>> listed = directory_.relay_domains().recipients(row.name);
                if (!listed) return fail(listed.error());
                return json{{"name", row.name}, {"recipients", auth::to_string(row.recipients)}, {"listed", *listed}};
            });
    }
    Result<> write_domain_aliases() {
        return write_array(
            "domain_aliases", directory_.domain_aliases(),
            [&](const auth::DomainAlias& row) { return is_meant(row.domain); },
            [](const auth::DomainAlias& row) -> Result<json> {
                return json{{"name", row.name}, {"domain", row.domain}};
            });
    }
    Result<std::vector<auth::User>> users() {
        if (options_.user.empty()) return directory_.users(options_.domain);
        Result<std::optional<auth::User>> user = directory_.find_user(options_.user);
        if (!user) return fail(user.error());
        std::vector<auth::User> rows;
        if (*user) rows.push_back(std::move(**user));
        return rows;
    }
    Result<> write_users() {
        return write_array(
            "users", users(), [](const auth::User&) { return true; },
            [&](const auth::User& row) -> Result<json> {
                json user = {{"email", row.email},
                             {"quota_mb", row.quota_mb},
                             {"enabled", row.enabled},
                             {"admin", row.admin},
                             {"services", row.services.names()},
                             {"app_passwords_only", row.app_passwords_only},
                             {"must_change_password", row.must_change_password}};
                if (options_.with_hashes) user["password_hash"] = row.password;
                if (options_.with_hashes && !row.scram_keys.empty()) user["scram_keys"] = row.scram_keys;
                return user;
            });
    }
    Result<> write_aliases() {
        return write_array(
            "aliases", directory_.aliases(options_.domain), [](const auth::Alias&) { return true; },
            [](const auth::Alias& row) -> Result<json> {
                return json{{"source", row.source}, {"destination", row.destination}};
            });
    }
    Result<> write_lists() {
        return write_array(
            "lists", directory_.distribution_lists().list(options_.domain),
            [](const auth::DistributionList&) { return true; },
            [&](const auth::DistributionList& row) -> Result<json> {
                const Result<std::vector<std::string>> members = directory_.distribution_lists().members(row.address);
                if (!members) return fail(members.error());
                const Result<std::vector<std::string>> posters = directory_.distribution_lists().posters(row.address);
                if (!posters) return fail(posters.error());
                json list = {{"address", row.address},
                             {"description", row.description},
                             {"members", *members},
                             {"posters", auth::to_string(row.rules.posters)}};
                if (!row.rules.owner.empty()) list["owner"] = row.rules.owner;
                if (!posters->empty()) list["listed_posters"] = *posters;
                return list;
            });
    }
    Result<> write_grants() {
        return write_array(
            "grants", directory_.send_as_grants().list({}),
            [&](const auth::SendAsGrant& row) { return is_meant(row.user); },
            [](const auth::SendAsGrant& row) -> Result<json> {
                return json{{"user", row.user}, {"address", row.address}};
            });
    }
    Result<> write_transports() {
        return write_array(
            "transports", directory_.transports().list(),
            [&](const auth::Transport& row) { return is_meant(row.source); },
            [](const auth::Transport& row) -> Result<json> {
                return json{{"source", row.source}, {"transport", row.transport}};
            });
    }
    /// Each is nothing without its hash.
    Result<> write_app_passwords() {
        if (!options_.with_hashes) return {};
        const Result<std::vector<auth::User>> owners = users();
        if (!owners) return fail(owners.error());
        std::vector<DirectoryDocument::AppPassword> all;
        for (const auth::User& user : *owners) {
            Result<std::vector<auth::AppPassword>> apps =
                directory_.find_app_passwords(user.email, auth::max_app_passwords);
            if (!apps) return fail(apps.error());
            for (auth::AppPassword& app : *apps) all.push_back({user.email, std::move(app)});
        }
        return write_array(
            "app_passwords", Result<std::vector<DirectoryDocument::AppPassword>>(std::move(all)),
            [](const DirectoryDocument::AppPassword&) { return true; },
            [](const DirectoryDocument::AppPassword& row) -> Result<json> {
                json app = {{"user", row.user},
                            {"name", row.app.name},
                            {"password_hash", row.app.password},
                            {"scope", row.app.scope.names()},
                            {"networks", auth::listed(row.app.networks)}};
                if (row.app.expires_at) app["expires_at"] = *row.app.expires_at;
                return app;
            });
    }
    Result<> write_limits() {
        return write_array(
            "sending_limits", directory_.sending_limits().list(),
            [&](const auth::SendingLimit& row) { return is_meant(row.address); },
            [](const auth::SendingLimit& row) -> Result<json> {
                json limit = to_json(row);
                limit["address"] = row.address;
                return limit;
            });
    }

    std::ostream& out_;
    auth::Directory& directory_;
    const ExportSelection& options_;
};

Exit export_all(Context& context, ExportSelection options) {
    if (!options.domain.empty()) {
        Result<std::string> canonical = auth::canonical_domain(options.domain);
        if (!canonical) return report(context, canonical.error());
        options.domain = std::move(*canonical);
    }
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    if (!options.domain.empty()) {
        const Result<bool> known = (*directory)->has_domain(options.domain);
        if (!known) return report(context, known.error());
        const Result<std::optional<auth::RelayRecipients>> relayed = (*directory)->relay_domain(options.domain);
        if (!relayed) return report(context, relayed.error());
        if (!*known && !*relayed)
            return report(context, {ErrorCode::not_found, "Domain " + options.domain + " does not exist", {}});
    }
    const Result<auth::Snapshot> snapshot = auth::Snapshot::of(**directory);
    if (!snapshot) return report(context, snapshot.error());
    if (const Result<> written = write_document(context.out, **directory, options); !written) {
        context.err << "posthouse: the export is not complete\n";
        return report(context, written.error());
    }
    return Exit::ok;
}

}  // namespace

Result<> write_document(std::ostream& out, auth::Directory& directory, const ExportSelection& selection) {
    return Writer(out, directory, selection).write();
}

void add_export_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<ExportSelection>();
    CLI::App* command = add_command(app, context, "export", "Write the directory as JSON, for posthouse import json",
                                    "export --with-hashes > directory.json",
                                    [&context, options] { return export_all(context, *options); });
    command->add_option("--domain", options->domain, "Only of this domain")->type_name("DOMAIN");
    command->add_flag("--with-hashes", options->with_hashes,
                      "With the passwords' hashes; without them imported users have no password");
}

}  // namespace posthouse::cli
