// Fuzzes tokens: as a JWT against keys, as what an issuer answers about one, and as a file with keys.
#include <cstdint>
#include <cstdlib>

#include "auth/tokens/claims.h"
#include "auth/tokens/jwt.h"
#include "auth/tokens/token_keys.h"

using namespace posthouse;

namespace {

const auth::TokenKeys& known_keys() {
    static const auth::TokenKeys keys = [] {
        auth::TokenKeys made;
        if (!made.add(R"({"keys":[
            {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})"))
            std::abort();
        return made;
    }();
    return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const Result<auth::Jwt> jwt = auth::parse_jwt(input);
    if (jwt && !auth::looks_like_jwt(input)) std::abort();
    if (jwt) (void)known_keys().verify(*jwt);
    const auth::TokenRules rules{{"https://id.example"}, {"mail"}, {"mail"}};
    for (const auth::ClaimsOf of : {auth::ClaimsOf::jwt, auth::ClaimsOf::introspection}) {
        const Result<auth::TokenUser> user = auth::check_claims(input, of, rules, 1'800'000'000);
        if (user && user->address.empty()) std::abort();
    }
    auth::TokenKeys keys;
    if (keys.add(input) && keys.empty()) std::abort();
    return 0;
}
