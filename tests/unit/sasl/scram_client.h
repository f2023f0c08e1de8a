// ScramClient: the client's side of SCRAM, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/base/base64.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::sasl {

/// Computes what an honest client sends; `header` is its GS2 header, `bound` the data of its channel binding.
class ScramClient {
  public:
    ScramClient(ScramHash hash, std::string user, std::string password, std::string header = "n,,",
                std::string bound = {}, std::string nonce = "fyko+d2lbbFgONRv9qkxdawL")
        : hash_(hash),
          password_(std::move(password)),
          header_(std::move(header)),
          bound_(std::move(bound)),
          bare_("n=" + std::move(user) + ",r=" + std::move(nonce)) {}

    std::string first() const { return header_ + bare_; }
    /// The answer to `r=…,s=…,i=…`.
    std::string final(std::string_view server_first) {
        const auto field = [&](char name) {
            const auto at = server_first.find(std::string(1, name) + '=');
            return std::string(server_first.substr(at + 2, server_first.find(',', at) - at - 2));
        };
        salt_ = *base64::decode(field('s'));
        const std::string without_proof = "c=" + base64::encode(header_ + bound_) + ",r=" + field('r');
        const std::string auth_message = bare_ + ',' + std::string(server_first) + ',' + without_proof;
        const std::string salted = *scram_salted_password(hash_, password_, salt_, std::stoull(field('i')));
        std::string proof = scram_client_key(hash_, salted);
        const std::string signature = scram_signature(hash_, scram_stored_key(hash_, proof), auth_message);
        std::ranges::transform(proof, signature, proof.begin(),
                               [](char a, char b) { return static_cast<char>(a ^ b); });
        server_final_ = "v=" + base64::encode(scram_signature(hash_, scram_server_key(hash_, salted), auth_message));
        return without_proof + ",p=" + base64::encode(proof);
    }
    /// What the server must answer.
    const std::string& server_final() const { return server_final_; }
    /// What the server showed.
    const std::string& salt() const { return salt_; }

  private:
    ScramHash hash_;
    std::string password_;
    std::string header_;
    std::string bound_;
    std::string bare_;
    std::string salt_;
    std::string server_final_;
};

}  // namespace posthouse::sasl
