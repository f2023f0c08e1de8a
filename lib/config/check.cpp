// Cross checks of a configuration.
#include "lib/config/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/utf7.h"
#include "lib/config/address.h"
#include "lib/config/lookup_query.h"
#include "lib/config/quota_rule.h"
#include "lib/config/value.h"

namespace posthouse::config {
namespace {

constexpr std::size_t max_certificate = 1u << 20;

class Checker {
  public:
    Checker(const Config& config, const Origins& origins) : config_(config), origins_(origins) {}

    Problems run() {
        folders();
        directory();
        passwords();
        certificates();
        tokens();
        sockets();
        addresses();
        proxies();
        quota();
        log_file();
        return std::move(problems_);
    }

    Problems quota_problems() {
        quota();
        return std::move(problems_);
    }

    Problems expired(std::time_t now) {
        certificate_times(now, false);
        return std::move(problems_);
    }

    Problems warnings(std::time_t now) {
        certificate_times(now, true);
        const auto& tls = config_.tls;
        const auto& mechanisms = config_.auth.mechanisms;
        if (tls.client_ca.empty() && std::ranges::find(mechanisms, "EXTERNAL") != mechanisms.end())
            problem("auth.mechanisms", "EXTERNAL is never offered without tls.client_ca");
        token_concerns();
        owners();
        quota_concerns();
        return std::move(problems_);
    }

  private:
    void problem(const std::string& parameter, std::string text) {
        const auto origin = origins_.find(parameter);
        problems_.push_back(
            {origin == origins_.end() ? parameter : origin->second + ": " + parameter, std::move(text)});
    }

    /// For the effective user, who may be another than the one who runs the program.
    static bool is_accessible(const std::string& path, int mode) {
        return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
    }

    static bool is_folder(const std::string& path) {
        struct stat status{};
        return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    }

    /// The folder, or the nearest one above it that exists: could the server create and write there?
    void writable(const std::string& parameter, const std::string& path) {
        std::string folder = path;
        struct stat status{};
        while (folder.size() > 1 && ::stat(folder.c_str(), &status) != 0 && errno == ENOENT) {
            folder.resize(folder.find_last_of('/'));
            if (folder.empty()) folder = "/";
        }
        if (!is_folder(folder)) {
            problem(parameter, folder + " is not a folder");
        } else if (!is_accessible(folder, W_OK | X_OK)) {
            problem(parameter, folder + " is not writable (" + std::strerror(errno) + ")");
        }
    }

    void folders() {
        const auto folder = [&](const std::string& parameter, const std::string& path) {
            if (path.empty()) {
                problem(parameter, "must not be empty");
            } else {
                writable(parameter, path);
            }
        };
        folder("general.mail_root", config_.general.mail_root);
        folder("general.state_folder", config_.general.state_folder);
        folder("general.run_folder", config_.general.run_folder);
        folder("general.spool_folder", config_.general.spool_folder);
        if (config_.directory.engine == "sqlite") sqlite();
    }

    /// All of it belongs to the user that the server runs as; what was restored as root doesn't.
    void owners() {
        struct stat mail{};
        struct stat state{};
        if (::stat(config_.general.mail_root.c_str(), &mail) != 0) return;
        if (::stat(config_.general.state_folder.c_str(), &state) == 0 && state.st_uid != mail.st_uid)
            problem("general.mail_root", config_.general.mail_root + " belongs to the user " +
                                             std::to_string(mail.st_uid) + ", general.state_folder to " +
                                             std::to_string(state.st_uid));
        std::error_code error;
        std::string others;
        std::size_t count = 0;
        for (std::filesystem::directory_iterator domain(config_.general.mail_root, error), end; !error && domain != end;
             domain.increment(error)) {
            struct stat st{};
            if (::lstat(domain->path().c_str(), &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid == mail.st_uid) continue;
            if (++count == 1) others = domain->path().string();
        }
        if (count > 0)
            problem("general.mail_root",
                    others + (count > 1 ? " and " + std::to_string(count - 1) + " other folders belong" : " belongs") +
                        " to another user than " + config_.general.mail_root + ": chown -R " +
                        std::to_string(mail.st_uid));
    }

    void sqlite() {
        if (config_.directory.sqlite.empty()) {
            problem("directory.sqlite", "must not be empty");
            return;
        }
        const std::string& database = config_.directory.sqlite;
        // SQLite makes files beside it.
        writable("directory.sqlite", database.substr(0, database.find_last_of('/') + 1) + ".");
        if (is_folder(database)) problem("directory.sqlite", database + " is a folder");
        for (const std::string& file : {database, database + "-wal", database + "-shm"})
            if (!is_accessible(file, R_OK | W_OK) && errno != ENOENT)
                problem("directory.sqlite", file + " is not readable and writable (" + std::strerror(errno) + ")");
    }

    void mariadb() {
        const auto& directory = config_.directory;
        if (directory.hosts.empty()) problem("directory.hosts", "must not be empty");
        for (const std::string& text : directory.hosts) {
            if (const Result<DatabaseHost> host = parse_database_host(text); !host)
                problem("directory.hosts", text + " " + host.error().text);
        }
        if (directory.database.empty()) problem("directory.database", "must not be empty");
        for (const auto& [name, path] : {std::pair("directory.password_file", directory.password_file),
                                         std::pair("directory.tls_authorities", directory.tls_authorities)}) {
            if (!path.empty() && !is_accessible(path, R_OK))
                problem(name, path + " is not readable (" + std::strerror(errno) + ")");
        }
    }

    void directory() {
        const auto& directory = config_.directory;
        if (directory.engine == "mariadb") mariadb();
        const bool foreign = directory.tables == "foreign";
        for (const auto& [name, query, needed] :
             {std::tuple("directory.domain_query", directory.domain_query, true),
              std::tuple("directory.relay_domain_query", directory.relay_domain_query, false),
              std::tuple("directory.relay_recipient_query", directory.relay_recipient_query, false),
              std::tuple("directory.user_query", directory.user_query, true),
              std::tuple("directory.app_passwords_query", directory.app_passwords_query, false),
              std::tuple("directory.alias_query", directory.alias_query, false),
              std::tuple("directory.domain_alias_query", directory.domain_alias_query, false),
              std::tuple("directory.responsible_query", directory.responsible_query, false),
              std::tuple("directory.users_query", directory.users_query, false)}) {
            if (foreign && needed && query.empty()) problem(name, "must be given when directory.tables is foreign");
            if (const Result<LookupQuery> parsed = LookupQuery::parse(query); !parsed)
                problem(name, parsed.error().text);
        }
    }

    void passwords() {
        const std::string& denylist = config_.auth.password_denylist;
        if (!denylist.empty() && !is_accessible(denylist, R_OK))
            problem("auth.password_denylist", denylist + " is not readable (" + std::strerror(errno) + ")");
    }

    void certificate(const std::string& parameter, const std::string& key_parameter, const CertificateFiles& files) {
        const Result<std::string> certificate = read_file(files.certificate, max_certificate);
        if (!certificate) problem(parameter, certificate.error().message());
        const Result<std::string> key = read_file(files.key, max_certificate);
        if (!key) problem(key_parameter, key.error().message());
        if (!certificate || !key) return;
        if (const Result<> fits = check_certificate(*certificate, *key); !fits) {
            const bool about_key = fits.error().text.find("private key") != std::string::npos;
            problem(about_key ? key_parameter : parameter,
                    (about_key ? files.key : files.certificate) + ": " + fits.error().text);
        }
    }

    void certificates() {
        const auto& listen = config_.listen;
        const bool implicit_tls = !listen.submissions.empty() || !listen.imaps.empty() || !listen.pop3s.empty();
        const auto& tls = config_.tls;
        if (tls.certificate.empty() != tls.key.empty()) {
            problem(tls.certificate.empty() ? "tls.certificate" : "tls.key", "certificate and key must both be given");
        } else if (!tls.certificate.empty()) {
            certificate("tls.certificate", "tls.key", {tls.certificate, tls.key});
        } else if (implicit_tls) {
            problem("tls.certificate", "is needed by the listeners with TLS (submissions, imaps, pop3s)");
        }
        for (const CertificateFiles& files : tls.additional) certificate("tls.additional", "tls.additional", files);
        if (tls.client_ca.empty()) return;
        const Result<std::string> authorities = read_file(tls.client_ca, max_certificate);
        if (!authorities) problem("tls.client_ca", authorities.error().message());
        if (authorities && !holds_certificate(*authorities))
            problem("tls.client_ca", tls.client_ca + ": holds no certificate in PEM form");
    }

    /// Those that are valid, but not for long, or those that aren't.
    void certificate_times(std::time_t now, bool valid_ones) {
        const auto look = [&](const std::string& parameter, const std::string& path) {
            const Result<std::string> certificate = path.empty() ? std::string() : read_file(path, max_certificate);
            if (!certificate) return;
            const ValidityConcern concern = validity_concern(*certificate, now);
            if (!concern.text.empty() && concern.is_valid == valid_ones) problem(parameter, path + " " + concern.text);
        };
        look("tls.certificate", config_.tls.certificate);
        for (const CertificateFiles& files : config_.tls.additional) look("tls.additional", files.certificate);
        look("tls.client_ca", config_.tls.client_ca);
    }

    void tokens() {
        const auto& oauth2 = config_.oauth2;
        const std::string& url = oauth2.introspection_url;
        if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://"))
            problem("oauth2.introspection_url", "must begin with https:// or http://");
        for (const auto& [name, path] : {std::pair("oauth2.client_secret_file", oauth2.client_secret_file),
                                         std::pair("oauth2.tls_ca_cert_file", oauth2.tls_ca_cert_file),
                                         std::pair("oauth2.local_validation_keys", oauth2.local_validation_keys)})
            if (!path.empty() && !is_accessible(path, R_OK))
                problem(name, path + " cannot be read: " + std::strerror(errno));
        if (oauth2.username_attribute.empty()) problem("oauth2.username_attribute", "must not be empty");
    }

    /// What follows `http://` begins with a host that is this machine.
    static bool is_loopback(std::string_view url) {
        const std::string_view host = url.substr(0, url.find_first_of("/?", url.starts_with('[') ? url.find(']') : 0));
        const std::string_view name = host.substr(0, host.find(':'));
        return name == "localhost" ||
               (name.starts_with("127.") && name.find_first_not_of("0123456789.") == name.npos) ||
               host.starts_with("[::1]");
    }

    void token_concerns() {
        const auto& oauth2 = config_.oauth2;
        const bool offered = std::ranges::any_of(config_.auth.mechanisms, [](const std::string& name) {
            return name == "OAUTHBEARER" || name == "XOAUTH2";
        });
        if (!offered) return;
        if (oauth2.introspection_url.empty() && oauth2.local_validation_keys.empty())
            problem("auth.mechanisms",
                    "every token is refused without oauth2.introspection_url or oauth2.local_validation_keys");
        if (!oauth2.local_validation_keys.empty() && oauth2.audiences.empty())
            problem("oauth2.audiences", "is empty: tokens that were made for other services log in here too");
        if (oauth2.introspection_url.starts_with("http://") && !is_loopback(oauth2.introspection_url.substr(7)))
            problem("oauth2.introspection_url", "is not https://: tokens can be read on their way");
    }

    void sockets() {
        std::set<std::string> seen;
        for (const Parameter& parameter : parameters()) {
            if (parameter.kind != Kind::socket) continue;
            const std::string& path = *std::get<std::string*>(value_of(parameter, config_));
            if (path.empty()) continue;
            if (!seen.insert(path).second) problem(parameter.full_name(), path + " is used twice");
            struct stat status{};
            if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode))
                problem(parameter.full_name(), path + " exists and is no socket");
        }
    }

    void addresses() {
        std::set<std::string> seen;
        for (const Parameter& parameter : parameters()) {
            if (parameter.kind != Kind::addresses) continue;
            for (const std::string& text : *std::get<std::vector<std::string>*>(value_of(parameter, config_))) {
                const Result<Endpoint> endpoint = parse_endpoint(text);
                if (endpoint && !seen.insert(endpoint->host + " " + std::to_string(endpoint->port)).second)
                    problem(parameter.full_name(), text + " is used twice");
            }
        }
    }

    void proxies() {
        if (!config_.listen.proxy_protocol.empty() && config_.listen.proxy_trusted_networks.empty())
            problem("listen.proxy_trusted_networks", "must not be empty when listen.proxy_protocol is used");
    }

    void quota() {
        for (const std::string& text : config_.quota.rule)
            if (const auto rule = parse_quota_rule(text); !rule) problem("quota.rule", rule.error().text);
        for (const std::string& text : config_.quota.warning)
            if (const auto warning = parse_quota_warning(text); !warning)
                problem("quota.warning", warning.error().text);
        if (config_.quota.grace.empty()) return;
        if (const auto grace = parse_quota_grace(config_.quota.grace); !grace)
            problem("quota.grace", grace.error().text);
    }

    /// Words that are understood, but hardly as they were meant.
    void quota_concerns() {
        const auto is_relative = [](const QuotaAmount& amount) {
            return amount.kind != QuotaAmount::Kind::unsaid && amount.kind != QuotaAmount::Kind::exactly;
        };
        const auto is_said = [](const QuotaAmount& amount) { return amount.kind != QuotaAmount::Kind::unsaid; };
        std::map<std::string, QuotaRule> by_mask;
        QuotaRule all;  // rules for "*" may tell storage and messages apart
        for (const std::string& text : config_.quota.rule) {
            Result<QuotaRule> rule = parse_quota_rule(text);
            if (!rule) continue;
            const std::string mask = rule->mask;
            bool is_again = false;
            if (mask == "*") {
                is_again = (is_said(rule->storage) && is_said(all.storage)) ||
                           (is_said(rule->messages) && is_said(all.messages));
                if (is_said(rule->storage)) all.storage = rule->storage;
                if (is_said(rule->messages)) all.messages = rule->messages;
            } else {
                is_again = !by_mask.emplace(mask, std::move(*rule)).second;
            }
            if (is_again) problem("quota.rule", "there are several rules for \"" + mask + "\"");
        }
        for (const auto& [mask, rule] : by_mask) {
            if ((is_relative(rule.storage) && all.storage.value == 0) ||
                (is_relative(rule.messages) && all.messages.value == 0))
                problem("quota.rule", "\"" + mask + "\" is relative to the rule for \"*\", which sets no such limit");
            if (rule.ignore && (is_said(rule.storage) || is_said(rule.messages)))
                problem("quota.rule", "\"" + mask + "\" is ignored, so its limits mean nothing");
            const Result<std::string> name = utf7::decode(mask);
            if (mask.find('&') != std::string::npos && name && *name != mask)
                problem("quota.rule",
                        "\"" + mask + "\" is a name in modified UTF-7; rules have UTF-8: \"" + *name + "\"");
        }
        const Result<QuotaAmount> grace = parse_quota_grace(config_.quota.grace);
        if (grace && grace->kind == QuotaAmount::Kind::percent && grace->value > 100)
            problem("quota.grace", "lets the last message more than double what the rules allow");
    }

    void log_file() {
        const std::string& path = config_.log.path;
        if (path.empty()) return;
        if (!is_accessible(path, F_OK) && errno == ENOENT) {
            writable("log.path", path.substr(0, path.find_last_of('/') + 1) + ".");
        } else if (is_folder(path) || !is_accessible(path, W_OK)) {
            problem("log.path", path + " cannot be written");
        }
    }

    const Config& config_;
    const Origins& origins_;
    Problems problems_;
};

}  // namespace

Problems check(const Config& config, const Origins& origins) { return Checker(config, origins).run(); }

Problems quota_problems(const Config& config, const Origins& origins) {
    return Checker(config, origins).quota_problems();
}

Problems expired(const Config& config, const Origins& origins, std::time_t now) {
    return Checker(config, origins).expired(now);
}

Problems warnings(const Config& config, const Origins& origins, std::time_t now) {
    return Checker(config, origins).warnings(now);
}

}  // namespace posthouse::config
