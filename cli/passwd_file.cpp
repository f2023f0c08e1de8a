// Dovecot's passwd-file.
#include "cli/passwd_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "auth/passwords/password.h"
#include "cli/quota_size.h"
#include "cli/user_rows.h"
#include "lib/base/ascii.h"
#include "lib/config/quota_rule.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t extra_field = 7;

/// Extra fields that mean nothing here: what they say is the server's own matter.
constexpr std::array<std::string_view, 6> meaningless{"userdb_mail", "userdb_home", "userdb_uid",
                                                      "userdb_gid",  "home",        "user"};

/// The last field takes the rest of the line: quota rules have colons.
std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields = ascii::split(line, ':');
    if (fields.size() <= extra_field) return fields;
    const auto begin = static_cast<std::size_t>(fields[extra_field].data() - line.data());
    fields.resize(extra_field + 1);
    fields[extra_field] = line.substr(begin);
    return fields;
}

/// MB of a rule for everything; nullopt: it says something else.
std::optional<std::int64_t> quota_of(std::string_view rule) {
    const Result<config::QuotaRule> parsed = config::parse_quota_rule(rule);
    if (!parsed || parsed->mask != "*" || parsed->storage.kind != config::QuotaAmount::Kind::exactly)
        return std::nullopt;
    if (parsed->messages.kind != config::QuotaAmount::Kind::unsaid) return std::nullopt;
    const std::uint64_t mb = (parsed->storage.value + (1 << 20) - 1) >> 20;
    return mb > max_quota_mb ? std::nullopt : std::optional(static_cast<std::int64_t>(mb));
}

class Parser {
  public:
    Parser(const PasswdFileOptions& options, Remarks& remarks) : options_(options), remarks_(remarks) {}

    DirectoryDocument parse(std::string_view text) {
        std::size_t number = 0;
        for (std::string_view line : ascii::split(text, '\n')) {
            ++number;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (ascii::trim(line).empty() || line.starts_with('#')) continue;
            place_ = "Line " + std::to_string(number);
            read_line(line);
        }
        return std::move(document_);
    }

  private:
    void remark(const std::string& text) { remarks_.push_back(place_ + ": " + text); }

    void read_line(std::string_view line) {
        const std::vector<std::string_view> fields = fields_of(line);
        std::string name(fields[0]);
        if (name.find('@') == std::string::npos && !options_.domain.empty()) name += '@' + options_.domain;
        const Result<auth::MailAddress> address = auth::parse_user_address(name, options_.local_part);
        if (!address) return remark(address.error().text + (options_.domain.empty() ? " (--domain adds one)" : ""));
        if (!seen_.insert(address->text()).second) return remark(address->text() + " is there already");
        auth::NewUser user{address->text(), {}, 0, true, false};
        Remarks of_password;
        user.password = taken_hash(user.email, fields.size() > 1 ? fields[1] : std::string_view{},
                                   options_.default_scheme, of_password);
        for (const std::string& text : of_password) remark(text);
        if (fields.size() > extra_field) read_extra(fields[extra_field], user);
        if (domains_.insert(address->domain).second) document_.domains.push_back(address->domain);
        document_.users.push_back({std::move(user)});
    }

    void read_extra(std::string_view extra, auth::NewUser& user) {
        for (const std::string_view word : ascii::split(extra, ' ')) {
            if (word.empty()) continue;
            const auto equals = word.find('=');
            const std::string_view name = word.substr(0, equals);
            const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
            if (name == "userdb_quota_rule") {
                const std::optional<std::int64_t> mb = quota_of(value);
                if (mb)
                    user.quota_mb = *mb;
                else
                    remark("quota rule of " + user.email + " is left out: " + std::string(value));
            } else if (name == "nologin") {
                user.enabled = ascii::iequals(value, "no") || ascii::iequals(value, "n");
            } else if (std::ranges::find(meaningless, name) == meaningless.end()) {
                remark("field of " + user.email + " is left out: " + std::string(name));
            }
        }
    }

    const PasswdFileOptions& options_;
    Remarks& remarks_;
    DirectoryDocument document_;
    std::string place_;
    std::set<std::string> seen_;
    std::set<std::string> domains_;
};

}  // namespace

std::string taken_hash(const std::string& email, std::string_view hash, const std::string& default_scheme,
                       Remarks& remarks) {
    if (hash.empty()) {
        remarks.push_back(email + " has no password");
        return {};
    }
    // With its scheme, so that it means the same whatever auth.default_pass_scheme says.
    const std::string stored =
        hash.starts_with('{') ? std::string(hash) : '{' + default_scheme + '}' + std::string(hash);
    const Result<> known = stored.size() <= auth::max_password ? auth::check_stored_password(stored)
                                                               : fail(ErrorCode::unsupported, "too long");
    if (known) return stored;
    remarks.push_back(email + " is taken without its password, which cannot be verified: " + known.error().text);
    return {};
}

DirectoryDocument parse_passwd_file(std::string_view text, const PasswdFileOptions& options, Remarks& remarks) {
    return Parser(options, remarks).parse(text);
}

}  // namespace posthouse::cli
