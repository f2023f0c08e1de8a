// DirectoryDocument: from JSON.
#include "cli/directory_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "auth/passwords/password.h"
#include "cli/quota_size.h"
#include "cli/user_rows.h"
#include "lib/base/ascii.h"
#include "lib/net/address.h"

namespace posthouse::cli {
namespace {

using nlohmann::json;

constexpr std::size_t max_reported = 20;
constexpr std::size_t max_service_list = 255;  // bytes, as the columns have them
constexpr std::size_t max_networks = 1024;
constexpr std::size_t max_app_name = 100;
constexpr std::int64_t latest_time = 253'402'300'799;  // the year 9999

/// What is wrong, as far as it is worth telling.
class Problems {
  public:
    void add(const std::string& place, const std::string& text) {
        if (++count_ <= max_reported) text_ += (text_.empty() ? "" : "\n") + place + ": " + text;
    }
    Result<> result() const {
        if (count_ == 0) return {};
        if (count_ <= max_reported) return fail(ErrorCode::invalid, text_);
        return fail(ErrorCode::invalid, text_ + "\n" + std::to_string(count_ - max_reported) + " more are wrong");
    }

  private:
    std::string text_;
    std::size_t count_ = 0;
};

/// One object of the document.
class Row {
  public:
    Row(const json& value, std::string place, Problems& problems)
        : value_(value), place_(std::move(place)), problems_(problems) {}

    void wrong(const char* name, const std::string& text) { problems_.add(place_ + '.' + name, text); }
    /// Empty when it isn't there.
    std::string text(const char* name) {
        const json* member = find(name);
        if (member == nullptr) return {};
        if (member->is_string()) return member->get<std::string>();
        wrong(name, "no text");
        return {};
    }
    std::optional<std::int64_t> number(const char* name, std::int64_t most) {
        const json* member = find(name);
        if (member == nullptr) return std::nullopt;
        if (member->is_number_integer()) {
            const auto value = member->get<std::int64_t>();
            if (value >= 0 && value <= most) return value;
        }
        wrong(name, "no number from 0 to " + std::to_string(most));
        return std::nullopt;
    }
    bool flag(const char* name, bool otherwise) {
        const json* member = find(name);
        if (member == nullptr) return otherwise;
        if (member->is_boolean()) return member->get<bool>();
        wrong(name, "neither true nor false");
        return otherwise;
    }
    std::vector<std::string> texts(const char* name) {
        std::vector<std::string> all;
        const json* member = find(name);
        if (member == nullptr) return all;
        if (!member->is_array()) wrong(name, "no list");
        for (const json& one : *member) {
            if (one.is_string())
                all.push_back(one.get<std::string>());
            else
                wrong(name, "no text");
        }
        return all;
    }
    /// A text in the form that `parse` gives it.
    template <typename Parse>
    std::string parsed(const char* name, Parse parse) {
        return checked(name, parse(text(name)));
    }
    std::string checked(const char* name, const Result<std::string>& result) {
        if (result) return *result;
        wrong(name, result.error().text);
        return {};
    }
    std::string checked(const char* name, const Result<auth::MailAddress>& result) {
        if (result) return result->text();
        wrong(name, result.error().text);
        return {};
    }

  private:
    const json* find(const char* name) const {
        const auto found = value_.find(name);
        return found == value_.end() || found->is_null() ? nullptr : &*found;
    }
    const json& value_;
    std::string place_;
    Problems& problems_;
};

class Reader {
  public:
    Reader(const json& document, auth::LocalPart form, std::string_view default_scheme)
        : document_(document), form_(form), default_scheme_(default_scheme) {}

    Result<DirectoryDocument> read() {
        DirectoryDocument out;
        each("domains", [&](Row& row) { out.domains.push_back(row.parsed("name", auth::canonical_domain)); });
        each("relay_domains", [&](Row& row) { out.relay_domains.push_back(read_relay_domain(row)); });
        each("domain_aliases", [&](Row& row) {
            out.domain_aliases.push_back(
                {row.parsed("name", auth::canonical_domain), row.parsed("domain", auth::canonical_domain), 0});
        });
        each("users", [&](Row& row) { out.users.push_back(read_user(row)); });
        each("aliases", [&](Row& row) { out.aliases.push_back(read_alias(row)); });
        each("lists", [&](Row& row) { out.lists.push_back(read_list(row)); });
        each("grants", [&](Row& row) {
            out.grants.push_back({user_address(row, "user"), any_address(row, "address", row.text("address")), 0});
        });
        each("transports", [&](Row& row) {
            out.transports.push_back({row.checked("source", auth::parse_transport_source(row.text("source"), form_)),
                                      row.parsed("transport", auth::parse_transport), 0});
        });
        each("app_passwords", [&](Row& row) { out.app_passwords.push_back(read_app_password(row)); });
        each("sending_limits", [&](Row& row) {
            auth::SendingLimit limit{any_address(row, "address", row.text("address"))};
            for (const auth::SendingLimitColumn& column : auth::sending_limit_columns)
                limit.*column.number = row.number(std::string(column.name).c_str(), auth::max_sending_limit);
            out.limits.push_back(std::move(limit));
        });
        if (const Result<> fine = problems_.result(); !fine) return fail(fine.error());
        return out;
    }

  private:
    template <typename Read>
    void each(const char* name, Read read) {
        const auto list = document_.find(name);
        if (list == document_.end()) return;
        if (!list->is_array()) return problems_.add(name, "no list");
        for (std::size_t i = 0; i < list->size(); ++i) {
            const std::string place = std::string(name) + '[' + std::to_string(i) + ']';
            if (!(*list)[i].is_object()) {
                problems_.add(place, "no object");
                continue;
            }
            Row row((*list)[i], place, problems_);
            read(row);
        }
    }

    std::string user_address(Row& row, const char* name) {
        return row.checked(name, auth::parse_user_address(row.text(name), form_));
    }
    std::string any_address(Row& row, const char* name, const std::string& text) {
        return row.checked(name, auth::parse_alias_source(text, form_));
    }
    /// Not a whole @domain.
    std::string one_address(Row& row, const char* name, const std::string& text) {
        std::string address = any_address(row, name, text);
        if (address.starts_with('@')) row.wrong(name, "a whole @domain");
        return address;
    }

    /// Names of services; none: all.
    auth::Services services(Row& row, const char* name) {
        std::string list;
        for (const std::string& word : row.texts(name)) {
            const bool fine = !word.empty() && std::ranges::all_of(word, [](char c) {
                return ascii::is_alnum(c) || c == '-' || c == '_';
            });
            if (!fine) row.wrong(name, "no name of a service");
            list += (list.empty() ? "" : " ") + ascii::lower(word);
        }
        if (list.size() > max_service_list) row.wrong(name, "longer than 255 bytes");
        return auth::Services(std::move(list));
    }

    /// A stored password; may be missing.
    std::string hash(Row& row) {
        std::string text = row.text("password_hash");
        if (text.empty()) return text;
        if (text.size() > auth::max_password) row.wrong("password_hash", "longer than 1024 bytes");
        const Result<> known = auth::check_stored_password(text, default_scheme_);
        if (!known) row.wrong("password_hash", known.error().text);
        return text;
    }

    DirectoryDocument::AppPassword read_app_password(Row& row) {
        auth::AppPassword app;
        app.name = row.text("name");
        if (app.name.empty() || app.name.size() > max_app_name || !ascii::is_utf8(app.name) ||
            std::ranges::any_of(app.name, ascii::is_control))
            row.wrong("name", "not 1 to 100 bytes of text");
        app.password = hash(row);
        if (app.password.empty()) row.wrong("password_hash", "missing");
        app.scope = services(row, "scope");
        for (const std::string& text : row.texts("networks")) {
            const Result<net::Network> network = net::Network::parse(text);
            if (!network) row.wrong("networks", network.error().text);
            if (network) app.networks += (app.networks.empty() ? "" : " ") + network->to_string();
        }
        if (app.networks.size() > max_networks) row.wrong("networks", "too many");
        app.expires_at = row.number("expires_at", latest_time);
        return {user_address(row, "user"), std::move(app)};
    }

    DirectoryDocument::User read_user(Row& row) {
        auth::NewUser user{user_address(row, "email"), hash(row),
                           row.number("quota_mb", static_cast<std::int64_t>(max_quota_mb)).value_or(0),
                           row.flag("enabled", true), row.flag("admin", false)};
        user.services = services(row, "services");
        user.must_change_password = row.flag("must_change_password", false);
        const bool apps_only = row.flag("app_passwords_only", false);
        std::string scram_keys = row.text("scram_keys");
        if (scram_keys.size() > auth::max_password || !ascii::is_ascii(scram_keys))
            row.wrong("scram_keys", "not at most 1024 bytes of ASCII");
        if (user.password.empty() && !scram_keys.empty()) row.wrong("scram_keys", "without a password_hash");
        return {std::move(user), apps_only, std::move(scram_keys)};
    }

    DirectoryDocument::Alias read_alias(Row& row) {
        DirectoryDocument::Alias alias{any_address(row, "source", row.text("source")),
                                       any_address(row, "destination", row.text("destination"))};
        if (alias.destination.starts_with('@') && !alias.source.starts_with('@'))
            row.wrong("destination", "only an alias of a whole @domain can lead to an @domain");
        return alias;
    }

    DirectoryDocument::List read_list(Row& row) {
        DirectoryDocument::List list{one_address(row, "address", row.text("address")), row.text("description"), {}};
        if (list.description.size() > auth::max_list_description || !ascii::is_utf8(list.description) ||
            std::ranges::any_of(list.description, ascii::is_control))
            row.wrong("description", "not one line of at most 1024 bytes of UTF-8");
        for (const std::string& member : row.texts("members"))
            list.members.push_back(one_address(row, "members", member));
        if (list.members.size() > auth::max_list_members) row.wrong("members", "more than 1000");
        if (const std::string word = row.text("posters"); !word.empty()) {
            const Result<auth::ListPosters> posters = auth::parse_list_posters(word);
            if (!posters) row.wrong("posters", posters.error().text);
            const std::string owner = row.text("owner");
            list.rules = {posters.value_or(auth::ListPosters::listed),
                          owner.empty() ? owner : one_address(row, "owner", owner)};
        }
        for (const std::string& poster : row.texts("listed_posters"))
            list.posters.push_back(any_address(row, "listed_posters", poster));
        if (list.posters.size() > auth::max_list_members) row.wrong("listed_posters", "more than 1000");
        return list;
    }

    DirectoryDocument::RelayDomain read_relay_domain(Row& row) {
        DirectoryDocument::RelayDomain domain{row.parsed("name", auth::canonical_domain)};
        if (const std::string word = row.text("recipients"); !word.empty()) {
            const Result<auth::RelayRecipients> recipients = auth::parse_relay_recipients(word);
            if (recipients)
                domain.recipients = *recipients;
            else
                row.wrong("recipients", recipients.error().text);
        }
        for (const std::string& address : row.texts("listed")) {
            domain.listed.push_back(one_address(row, "listed", address));
            if (!domain.listed.back().ends_with('@' + domain.name)) row.wrong("listed", "an address of another domain");
        }
        return domain;
    }

    const json& document_;
    auth::LocalPart form_;
    std::string_view default_scheme_;
    Problems problems_;
};

}  // namespace

Result<DirectoryDocument> parse_document(std::string_view text, auth::LocalPart local_part,
                                         std::string_view default_scheme) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return fail(ErrorCode::invalid, "This is no JSON");
    const auto version = document.is_object() ? document.find("posthouse_directory") : document.end();
    if (version == document.end() || !version->is_number_integer())
        return fail(ErrorCode::invalid, "This is no export of Posthouse: posthouse_directory is not in it");
    if (version->get<std::int64_t>() != document_version)
        return fail(ErrorCode::invalid, "The export is of another version: posthouse_directory is not 1");
    return Reader(document, local_part, default_scheme).read();
}

}  // namespace posthouse::cli
