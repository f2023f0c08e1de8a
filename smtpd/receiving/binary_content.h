// BinaryContent: content of any octets (BINARYMIME, RFC 3030 §3) while it is received, and what becomes of it: lines.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/pool.h"
#include "lib/smtp/data_decoder.h"
#include "smtpd/receiving/content.h"

namespace posthouse::smtpd {

/// In memory up to 128 KiB, then in an unnamed file.
class BinaryContent {
  public:
    /// `folder`: where the file is made.
    BinaryContent(net::Pool& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

    /// Where new bytes are appended to; call settle() after it.
    std::string& tail() { return tail_; }
    /// Moves the tail into the file when it is too large for memory. Errors: no_space, denied, io.
    net::Async<Result<>> settle();

    /// Writes the message into `out`, with its binary parts in base64, and tells what `out` holds; `policy` is for what
    /// is no binary. Errors: as Content's; unsupported: something is left that has no form in lines.
    net::Async<Result<smtp::DataFacts>> convert(Content& out, const smtp::DataPolicy& policy);

  private:
    net::Pool& disk_;
    std::string folder_;
    std::string tail_;
    UniqueFd file_;
    std::uint64_t in_file_ = 0;
};

}  // namespace posthouse::smtpd
