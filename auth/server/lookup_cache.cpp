// LookupCache: what authd found in the directory, for a while.
#include "auth/server/lookup_cache.h"

#include <algorithm>

namespace posthouse::auth {
namespace {

constexpr std::size_t entry_overhead = 300;  // map node, list node, allocations

bool is_negative(const LookupCache::Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return !*flag;
    if (const auto* text = std::get_if<std::optional<std::string>>(&value)) return !*text;
    if (const auto* user = std::get_if<std::optional<User>>(&value)) return !*user;
    if (const auto* recipients = std::get_if<std::optional<RelayRecipients>>(&value)) return !*recipients;
    if (const auto* rules = std::get_if<std::optional<ListRules>>(&value)) return !*rules;
    if (const auto* limit = std::get_if<std::optional<SendingLimit>>(&value)) return !*limit;
    if (const auto* apps = std::get_if<std::vector<AppPassword>>(&value)) return apps->empty();
    return std::get<std::vector<std::string>>(value).empty();
}

std::size_t size_of(const LookupCache::Value& value) {
    if (const auto* text = std::get_if<std::optional<std::string>>(&value)) return *text ? (*text)->size() : 0;
    if (const auto* user = std::get_if<std::optional<User>>(&value))
        return *user ? (*user)->email.size() + (*user)->password.size() + (*user)->scram_keys.size() +
                           (*user)->services.text().size()
                     : 0;
    if (const auto* rules = std::get_if<std::optional<ListRules>>(&value)) return *rules ? (*rules)->owner.size() : 0;
    if (const auto* limit = std::get_if<std::optional<SendingLimit>>(&value))
        return *limit ? sizeof(SendingLimit) + (*limit)->address.size() : 0;
    std::size_t size = 0;
    if (const auto* apps = std::get_if<std::vector<AppPassword>>(&value)) {
        for (const AppPassword& app : *apps)
            size += sizeof(AppPassword) + app.name.size() + app.password.size() + app.scope.text().size() +
                    app.networks.size();
    }
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& text : *texts) size += text.size() + sizeof(std::string);
    }
    return size;
}

std::string_view domain_of(std::string_view name) { return name.substr(name.rfind('@') + 1); }

}  // namespace

std::optional<LookupCache::Value> LookupCache::find(Map map, std::string_view key, Time now, bool outage) {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(Key(map, key));
    if (found == entries_.end()) return std::nullopt;
    Entry& entry = found->second;
    if (!outage && entry.generation < fresh_from_) return std::nullopt;
    const Duration life = outage ? settings_.outage : is_negative(entry.value) ? settings_.not_found : settings_.found;
    if (now - entry.asked >= life) {
        if (now - entry.asked >= std::max({settings_.outage, settings_.found, settings_.not_found})) erase(found);
        return std::nullopt;
    }
    uses_.splice(uses_.begin(), uses_, entry.use);
    return entry.value;
}

std::uint64_t LookupCache::generation() const {
    const std::scoped_lock lock(mutex_);
    return generation_;
}

void LookupCache::remember(Map map, std::string_view key, Value value, std::uint64_t generation, Time asked) {
    const std::size_t bytes = size_of(value) + 2 * key.size() + entry_overhead;
    const std::scoped_lock lock(mutex_);
    if (generation != generation_ || bytes > settings_.bytes) return;
    Key place(map, key);
    if (const auto old = entries_.find(place); old != entries_.end()) erase(old);
    while (bytes_ + bytes > settings_.bytes) erase(entries_.find(uses_.back()));
    uses_.push_front(place);
    entries_.emplace(std::move(place), Entry{std::move(value), asked, bytes, uses_.begin(), generation});
    bytes_ += bytes;
}

std::size_t LookupCache::forget(std::span<const std::string> names) {
    const std::scoped_lock lock(mutex_);
    ++generation_;
    const std::size_t before = entries_.size();
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto& [map, key] = entry->first;
        const bool meant = names.empty() || map == Map::responsible || map == Map::sender ||
                           std::ranges::any_of(names, [domain = domain_of(key)](const std::string& name) {
                               return domain_of(name) == domain;
                           });
        entry = meant ? erase(entry) : std::next(entry);
    }
    return before - entries_.size();
}

void LookupCache::expect(std::uint64_t version) {
    const std::scoped_lock lock(mutex_);
    if (version <= version_) return;
    version_ = version;
    fresh_from_ = ++generation_;
}

std::size_t LookupCache::bytes() const {
    const std::scoped_lock lock(mutex_);
    return bytes_;
}

LookupCache::Entries::iterator LookupCache::erase(Entries::iterator entry) {
    bytes_ -= entry->second.bytes;
    uses_.erase(entry->second.use);
    return entries_.erase(entry);
}

}  // namespace posthouse::auth
