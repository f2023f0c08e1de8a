// What is stored of a password that was right, made anew.
#include "auth/server/renew_password.h"

#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"

namespace posthouse::auth {
namespace {

bool wants_rehash(std::string_view stored, const PasswordSettings& settings) {
    return settings.rehash && needs_rehash(stored, settings);
}

}  // namespace

bool needs_renewal(const User& user, const PasswordSettings& settings) {
    return wants_rehash(user.password, settings) || needs_scram_beside(user.password, user.scram_keys, settings);
}

Result<> renew_password(Directory& directory, const std::string& email, const std::string& stored,
                        std::string_view password, const PasswordSettings& settings) {
    const Result<std::optional<User>> user = directory.find_user(email);
    if (!user) return fail(user.error());
    if (!*user || (*user)->password != stored || !needs_renewal(**user, settings)) return {};

    const bool rehash = wants_rehash(stored, settings);
    const Result<std::string> hash = rehash ? hash_password(password, settings) : Result<std::string>(stored);
    if (!hash) return fail(hash.error());
    const Result<std::string> keys = make_scram_beside(*hash, password, settings);
    if (!keys) return fail(keys.error());
    if (!rehash) return keys->empty() ? Result<>() : directory.set_scram_keys(email, stored, *keys);
    Result<Transaction> transaction = Transaction::writing(directory);
    if (!transaction) return fail(transaction.error());
    if (const Result<> replaced = directory.replace_hash(email, stored, *hash); !replaced) return replaced;
    if (!keys->empty()) {
        if (const Result<> kept = directory.set_scram_keys(email, *hash, *keys); !kept) return kept;
    }
    return transaction->commit();
}

}  // namespace posthouse::auth
