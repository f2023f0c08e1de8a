// VerdictCache: passwords that were checked a moment ago.
#include "auth/server/verdict_cache.h"

#include <sodium.h>

#include "lib/base/random.h"
#include "lib/base/secret.h"

namespace posthouse::auth {

VerdictCache::VerdictCache() : key_(random_bytes(crypto_generichash_KEYBYTES)) {}
VerdictCache::~VerdictCache() { wipe(key_); }

std::string VerdictCache::digest(std::string_view stored, std::string_view password) const {
    std::string bytes(stored);
    bytes.reserve(stored.size() + password.size() + 1);
    bytes += '\0';  // in neither of them
    bytes += password;
    std::string out(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                       reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
    wipe(bytes);
    return out;
}

std::optional<bool> VerdictCache::find(std::string_view stored, std::string_view password, Time now) const {
    const auto found = entries_.find(digest(stored, password));
    if (found == entries_.end() || found->second.until <= now) return std::nullopt;
    return found->second.verdict;
}

void VerdictCache::remember(std::string_view stored, std::string_view password, bool verdict, Time now) {
    if (entries_.size() >= max_entries) entries_.clear();
    const Time until = verdict ? now + good_for : now + bad_for;
    entries_.insert_or_assign(digest(stored, password), Entry{verdict, until});
}

}  // namespace posthouse::auth
