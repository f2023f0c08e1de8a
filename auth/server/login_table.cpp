// LoginTable: log-ins that a master process may ask for.
#include "auth/server/login_table.h"

#include <algorithm>

namespace posthouse::auth {

void LoginTable::add(LoginKey key, std::string user, Time now) {
    if (entries_.size() >= max_entries) {
        std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
        if (entries_.size() >= max_entries) entries_.clear();
    }
    entries_.insert_or_assign(std::move(key), Entry{std::move(user), now + kept_for});
}

std::optional<std::string> LoginTable::take(const LoginKey& key, Time now) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    Entry entry = std::move(found->second);
    entries_.erase(found);
    if (entry.until <= now) return std::nullopt;
    return std::move(entry.user);
}

}  // namespace posthouse::auth
