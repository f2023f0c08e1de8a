// AnswerCache: what a server said of a token.
#include "auth/tokens/answer_cache.h"

#include <sodium.h>

#include <algorithm>

#include "lib/base/random.h"
#include "lib/base/secret.h"

namespace posthouse::auth {

AnswerCache::AnswerCache(std::chrono::milliseconds good_for)
    : good_for_(good_for), key_(random_bytes(crypto_generichash_KEYBYTES)) {}
AnswerCache::~AnswerCache() { wipe(key_); }

std::string AnswerCache::digest(std::string_view token) const {
    std::string out(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                       reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
    return out;
}

std::optional<Result<TokenUser>> AnswerCache::find(std::string_view token, std::int64_t today,
                                                   Clock::time_point now) const {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(digest(token));
    if (found == entries_.end() || found->second.until <= now) return std::nullopt;
    const Result<TokenUser>& answer = found->second.answer;
    if (answer && answer->expires != 0 && answer->expires <= today) return std::nullopt;
    return answer;
}

void AnswerCache::remember(std::string_view token, const Result<TokenUser>& answer, Clock::time_point now) {
    const std::chrono::milliseconds life = answer ? good_for_ : std::min<std::chrono::milliseconds>(good_for_, bad_for);
    if (life.count() == 0) return;
    const std::scoped_lock lock(mutex_);
    if (entries_.size() >= max_entries) entries_.clear();
    entries_.insert_or_assign(digest(token), Entry{answer, now + life});
}

}  // namespace posthouse::auth
