// Source: the octets of a message on its way, wherever they lie: in memory, in a file, in the queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/net/async.h"

namespace posthouse::transfer {

class Source {
  public:
    /// Most octets that read() gives at a time.
    static constexpr std::size_t piece = 64u << 10;

    virtual ~Source() = default;
    /// Octets of the message, which is in SMTP's form: lines end in CRLF.
    virtual std::uint64_t size() const = 0;
    /// The octets from `offset` on, at most `piece`; empty at the end. Errors: io; invalid (what is stored is damaged).
    virtual net::Async<Result<std::string>> read(std::uint64_t offset) = 0;
};

}  // namespace posthouse::transfer
