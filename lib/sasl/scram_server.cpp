// ScramServer.
#include "lib/sasl/scram_server.h"

#include "lib/base/secret.h"

namespace posthouse::sasl {

Result<> ScramServer::first(std::string_view message) {
    Result<ScramClientFirst> parsed = parse_scram_client_first(message);
    if (!parsed) return fail(parsed.error());
    first_ = std::move(*parsed);
    const Gs2Header& header = first_.header;
    if (plus_ != (header.flag == BindingFlag::used))
        return fail(ErrorCode::denied, plus_ ? "Channel binding is missing" : "Channel binding without -PLUS");
    if (header.flag == BindingFlag::not_offered && !bindings_.empty())
        return fail(ErrorCode::denied, "Channel binding is offered: somebody between us hides it");
    if (plus_ && find_binding(bindings_, header.binding) == nullptr)
        return fail(ErrorCode::denied, "Unsupported channel binding type");
    return {};
}

std::string ScramServer::challenge(std::string_view nonce, std::string_view salt, std::uint64_t iterations) {
    nonce_ = first_.nonce + std::string(nonce);
    server_first_ = scram_server_first(nonce_, salt, iterations);
    return server_first_;
}

Result<ScramProof> ScramServer::final(std::string_view message) {
    Result<ScramClientFinal> parsed = parse_scram_client_final(message);
    if (!parsed) return fail(parsed.error());
    if (!constant_time_equal(parsed->nonce, nonce_)) return fail(ErrorCode::denied, "SCRAM with another nonce");
    std::string expected = first_.header_text;
    if (plus_) expected += find_binding(bindings_, first_.header.binding)->data;
    if (!constant_time_equal(parsed->channel_binding, expected))
        return fail(ErrorCode::denied, "Channel bindings don't match");
    return ScramProof{hash_, first_.bare + ',' + server_first_ + ',' + parsed->without_proof, std::move(parsed->proof)};
}

}  // namespace posthouse::sasl
