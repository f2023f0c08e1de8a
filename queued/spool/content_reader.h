// ContentReader: the message in a queue file, from any place on, in bounded memory; every octet it gives was checked
// (or is wanted as it is).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "queued/spool/layout.h"

namespace posthouse::spool {

/// Whether what is damaged is an error, or is given as it is, up to where the file ends.
enum class Damage { is_error, is_given };

/// Holds one piece at a time. The file is the owner's.
class ContentReader {
  public:
    ContentReader(int fd, const Layout& layout, Damage damage = Damage::is_error)
        : fd_(fd), layout_(layout), damage_(damage) {}

    /// Puts the octets of the message (front, then content) from `offset` on into `out`, as many as fit and there are;
    /// gives how many: 0 at the end. Errors: invalid (damaged), io.
    Result<std::size_t> read(std::uint64_t offset, std::span<char> out);

  private:
    /// The body of that record, kept until another is asked for.
    Result<std::string_view> body(std::uint64_t at, RecordKind kind, std::size_t bytes);

    int fd_;
    Layout layout_;
    Damage damage_;
    std::string record_;
    std::uint64_t record_at_ = 0;  ///< 0: none, for the file begins with its head
};

}  // namespace posthouse::spool
