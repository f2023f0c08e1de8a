// The content of a message in chunks (RFC 3030): what BDAT is answered, which octets belong to it and which are
// skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/command.h"
#include "lib/smtp/data_decoder.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

/// Takes the chunks of one transaction. For each BDAT: `begin`, `feed` while `remaining` is not 0, then `end`. A chunk
/// that is refused is read to its end all the same, so that the next command is found; how long that may take, the
/// session's deadlines say, as with DATA. After a refusal every further chunk of the transaction is skipped and refused
/// for the same reason (RFC 3030 §2: the client has to send RSET).
class ChunkReceiver {
  public:
    /// `body`: as MAIL said it. Content that is binary may hold any octet (RFC 3030 §3), whatever else `policy` says.
    explicit ChunkReceiver(const DataPolicy& policy, std::optional<Body> body = std::nullopt);

    /// BDAT came. `refused`: it can't be performed now, because there is no transaction (503 5.5.1) or no recipient
    /// (554 5.5.1), or it can't be kept (452 4.3.1). Refused for their order, with 503 5.5.1: chunks after the last
    /// one. 552 5.3.4: the sizes told are more than the policy allows.
    void begin(const Bdat& chunk, std::optional<Reply> refused = std::nullopt);
    /// Octets of the present chunk that have not come yet.
    std::uint64_t remaining() const { return remaining_; }
    /// Takes bytes of the present chunk and appends content to `out`. Returns how many were taken: what follows them is
    /// the next command.
    std::size_t feed(std::string_view bytes, std::string& out);
    /// The present chunk has come, an empty one too. Gives its reply: 250, or a refusal. nullopt: it was the last one
    /// and the content is whole and acceptable; what comes of the message is the reply. May append to `out` once more.
    std::optional<Reply> end(std::string& out);

    /// The last chunk has come; whatever it was answered, the transaction is over.
    bool finished() const { return finished_; }
    const DataFacts& facts() const { return decoder_.facts(); }

  private:
    DataPolicy policy_;
    DataDecoder decoder_;
    std::optional<Reply> refused_;  ///< this and every later chunk
    std::uint64_t remaining_ = 0;
    std::uint64_t size_ = 0;   ///< of the present chunk
    std::uint64_t total_ = 0;  ///< of all chunks that were told
    bool last_ = false;        ///< the present chunk
    bool finished_ = false;
};

}  // namespace posthouse::smtp
