// CachedDirectory: look-ups that the cache answers, or else the database.
#include "auth/server/cached_directory.h"

#include <utility>

namespace posthouse::auth {

using Map = LookupCache::Map;

bool CachedDirectory::is_current(DirectorySource::Opening opening) {
    DirectorySource& source = pool_.source();
    if (!source.tells_versions()) return true;
    const std::optional<std::uint64_t> version = source.version(opening);
    if (!version) return false;
    cache_.expect(*version);
    return true;
}

CachedDirectory::View::~View() {
    snapshot_.reset();
    if (lease_) pool_.keep(std::move(*lease_));
}

Result<bool> CachedDirectory::View::has_domain(std::string_view name) {
    return answer<bool>(Map::domain, name, [&](Lookups& lookups) { return lookups.has_domain(name); });
}

Result<std::optional<std::string>> CachedDirectory::View::domain_alias(std::string_view name) {
    return answer<std::optional<std::string>>(Map::domain_alias, name,
                                              [&](Lookups& lookups) { return lookups.domain_alias(name); });
}

Result<std::optional<User>> CachedDirectory::View::find_user(std::string_view email) {
    return answer<std::optional<User>>(Map::user, email, [&](Lookups& lookups) { return lookups.find_user(email); });
}

Result<std::vector<AppPassword>> CachedDirectory::View::find_app_passwords(std::string_view email, std::size_t limit) {
    return answer<std::vector<AppPassword>>(Map::app_passwords, email,
                                            [&](Lookups& lookups) { return lookups.find_app_passwords(email, limit); });
}

Result<std::vector<std::string>> CachedDirectory::View::alias_destinations(std::string_view source, std::size_t limit) {
    return answer<std::vector<std::string>>(
        Map::alias, source, [&](Lookups& lookups) { return lookups.alias_destinations(source, limit); });
}

Result<std::optional<std::string>> CachedDirectory::View::responsible_user(std::string_view domain) {
    return answer<std::optional<std::string>>(Map::responsible, domain,
                                              [&](Lookups& lookups) { return lookups.responsible_user(domain); });
}

Result<std::optional<RelayRecipients>> CachedDirectory::View::relay_domain(std::string_view name) {
    return answer<std::optional<RelayRecipients>>(Map::relay_domain, name,
                                                  [&](Lookups& lookups) { return lookups.relay_domain(name); });
}

Result<bool> CachedDirectory::View::has_relay_recipient(std::string_view address) {
    return answer<bool>(Map::relay_recipient, address,
                        [&](Lookups& lookups) { return lookups.has_relay_recipient(address); });
}

Result<std::optional<ListRules>> CachedDirectory::View::find_list(std::string_view address) {
    return answer<std::optional<ListRules>>(Map::list, address,
                                            [&](Lookups& lookups) { return lookups.find_list(address); });
}

Result<std::vector<std::string>> CachedDirectory::View::list_posters(std::string_view address, std::size_t limit) {
    return answer<std::vector<std::string>>(Map::list_posters, address,
                                            [&](Lookups& lookups) { return lookups.list_posters(address, limit); });
}

Result<std::vector<std::string>> CachedDirectory::View::senders(std::string_view address, std::size_t limit) {
    return answer<std::vector<std::string>>(Map::sender, address,
                                            [&](Lookups& lookups) { return lookups.senders(address, limit); });
}

Result<std::optional<std::string>> CachedDirectory::View::transport(std::string_view source) {
    return answer<std::optional<std::string>>(Map::transport, source,
                                              [&](Lookups& lookups) { return lookups.transport(source); });
}

Result<std::optional<SendingLimit>> CachedDirectory::View::sending_limit(std::string_view name) {
    return answer<std::optional<SendingLimit>>(Map::sending_limit, name,
                                               [&](Lookups& lookups) { return lookups.sending_limit(name); });
}

// The database's snapshot begins when the cache leaves something to ask.
Result<> CachedDirectory::View::begin_snapshot() {
    in_snapshot_ = true;
    return {};
}

void CachedDirectory::View::end_snapshot() {
    in_snapshot_ = false;
    snapshot_.reset();
}

template <typename T, typename Query>
Result<T> CachedDirectory::View::answer(Map map, std::string_view key, Query query) {
    const LookupCache::Time asked = std::chrono::steady_clock::now();
    if (use_ != Use::database) {
        if (std::optional<LookupCache::Value> known = cache_.fresh(map, key, asked))
            return std::get<T>(std::move(*known));
    }
    if (use_ == Use::cache) {
        missed_ = true;
        return fail(ErrorCode::cancelled, "Not known");
    }
    const std::uint64_t generation = cache_.generation();
    Result<T> found = away_ ? Result<T>(fail(*away_)) : ask<T>(query);
    if (found) {
        cache_.remember(map, key, *found, snapshot_ ? snapshot_generation_ : generation, asked);
        return found;
    }
    if (found.error().code != ErrorCode::unavailable) return found;
    away_ = found.error();
    if (std::optional<LookupCache::Value> known = cache_.in_outage(map, key, asked))
        return std::get<T>(std::move(*known));
    return found;
}

template <typename T, typename Query>
Result<T> CachedDirectory::View::ask(Query query) {
    for (int attempt = 1;; ++attempt) {
        if (!lease_) {
            Result<DirectoryPool::Lease> taken = pool_.take();
            if (!taken) return fail(taken.error());
            lease_ = std::move(*taken);
        }
        Result<T> found = fail(ErrorCode::internal, "Directory failed");
        if (const Result<> ready = connect(); !ready)
            found = fail(ready.error());
        else
            found = query(static_cast<Lookups&>(*lease_->directory));
        if (found || found.error().code != ErrorCode::unavailable) return found;
        snapshot_.reset();
        DirectoryPool::Lease broken = std::move(*lease_);
        lease_.reset();
        if (!pool_.drop(std::move(broken), found.error()) || attempt == DirectoryPool::max_attempts) return found;
    }
}

Result<> CachedDirectory::View::connect() {
    if (!in_snapshot_ || snapshot_) return {};
    snapshot_generation_ = cache_.generation();
    Result<Snapshot> snapshot = Snapshot::of(*lease_->directory);
    if (!snapshot) return fail(snapshot.error());
    snapshot_.emplace(std::move(*snapshot));
    return {};
}

}  // namespace posthouse::auth
