// InventedSalts.
#include "auth/server/invented_salts.h"

#include <sodium.h>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t secret_size = crypto_generichash_KEYBYTES;

std::string read_or_make(const std::string& path) {
    Result<std::string> read = read_file(path, secret_size);
    if (read && read->size() == secret_size) return std::move(*read);
    std::string fresh = random_bytes(secret_size);
    const Result<> written = write_file_durably(path, fresh);
    if (!written) log::warning("secret for SCRAM cannot be kept", {{"reason", written.error().message()}});
    return fresh;
}

}  // namespace

InventedSalts::InventedSalts(const std::string& path) : secret_(read_or_make(path)) {}
InventedSalts::~InventedSalts() { wipe(secret_); }

std::string InventedSalts::salt_of(std::string_view user) const {
    std::string salt(salt_size, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(salt.data()), salt.size(),
                       reinterpret_cast<const unsigned char*>(user.data()), user.size(),
                       reinterpret_cast<const unsigned char*>(secret_.data()), secret_.size());
    return salt;
}

}  // namespace posthouse::auth
