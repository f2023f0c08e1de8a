// UserColumns: a user from a row.
#include "auth/directory/user_columns.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/config/quota_rule.h"

namespace posthouse::auth {
namespace {

constexpr std::int64_t bytes_per_mb = std::int64_t{1} << 20;

std::int64_t megabytes(std::int64_t bytes) { return bytes / bytes_per_mb + (bytes % bytes_per_mb > 0 ? 1 : 0); }

bool is_true(const std::string& text) {
    static constexpr std::array<std::string_view, 5> words{"1", "t", "true", "y", "yes"};
    return std::ranges::any_of(words, [&](std::string_view word) { return ascii::iequals(text, word); });
}

}  // namespace

UserColumns::UserColumns(const Statement& statement) {
    for (std::size_t i = 0; i < statement.columns(); ++i) {
        const std::string name = ascii::lower(statement.column_name(i));
        if (name == "id") id_ = i;
        if (name == "email" || name == "username" || name == "user") email_ = i;
        if (name == "password") password_ = i;
        if (name == "scram_keys") scram_keys_ = i;
        if (name == "quota_mb") quota_mb_ = i;
        if (name == "quota_bytes") quota_bytes_ = i;
        if (name == "quota_rule") quota_rule_ = i;
        if (name == "enabled" || name == "active") enabled_ = i;
        if (name == "disabled") disabled_ = i;
        if (name == "admin") admin_ = i;
        if (name == "services") services_ = i;
        if (name == "app_passwords_only") app_passwords_only_ = i;
        if (name == "must_change_password") must_change_password_ = i;
        if (name == "created_at") created_at_ = i;
        if (name == "usage_bytes") usage_bytes_ = i;
        if (name == "messages") messages_ = i;
        if (name == "last_updated") last_updated_ = i;
    }
}

std::optional<User> UserColumns::read(const Statement& row, std::string_view looked_up, LocalPart local_part) const {
    User user;
    user.email = email_ ? row.text(*email_) : std::string(looked_up);
    if (!looked_up.empty() && email_) {
        // The tables of others may keep only local parts.
        if (user.email.find('@') == std::string::npos) user.email += looked_up.substr(looked_up.rfind('@'));
        const Result<MailAddress> address = parse_user_address(user.email, local_part);
        if (!address || !ascii::iequals(address->text(), looked_up)) return std::nullopt;
        user.email = address->text();
    }
    if (user.email.empty()) return std::nullopt;
    if (password_) user.password = row.text(*password_);
    if (scram_keys_) user.scram_keys = row.text(*scram_keys_);
    user.quota_mb = quota_mb(row);
    user.enabled = (!enabled_ || is_true(row.text(*enabled_))) && (!disabled_ || !is_true(row.text(*disabled_)));
    user.admin = admin_ && is_true(row.text(*admin_));
    user.app_passwords_only = app_passwords_only_ && is_true(row.text(*app_passwords_only_));
    user.must_change_password = must_change_password_ && is_true(row.text(*must_change_password_));
    if (services_) user.services = Services(row.text(*services_));
    if (id_) user.id = row.number(*id_);
    if (created_at_) user.created_at = row.number(*created_at_);
    if (usage_bytes_ && !row.is_null(*usage_bytes_))
        user.usage = MailboxUsage{row.number(*usage_bytes_), messages_ ? row.number(*messages_) : 0,
                                  last_updated_ ? row.number(*last_updated_) : 0};
    return user;
}

std::int64_t UserColumns::quota_mb(const Statement& row) const {
    if (quota_mb_) return std::max<std::int64_t>(0, row.number(*quota_mb_));
    if (quota_bytes_) return megabytes(std::max<std::int64_t>(0, row.number(*quota_bytes_)));
    if (!quota_rule_) return 0;
    const Result<config::QuotaRule> rule = config::parse_quota_rule(row.text(*quota_rule_));
    if (!rule || rule->mask != "*" || rule->storage.kind != config::QuotaAmount::Kind::exactly) return 0;
    return megabytes(static_cast<std::int64_t>(rule->storage.value));
}

}  // namespace posthouse::auth
