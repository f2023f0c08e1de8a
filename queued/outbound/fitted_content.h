// FittedContent: the message in the form that a server takes: as it is, or with its parts encoded.
#pragma once

#include <optional>
#include <string>

#include "lib/net/pool.h"
#include "lib/smtp/reply.h"
#include "lib/transfer/source.h"
#include "queued/outbound/form.h"
#include "queued/outbound/scratch_file.h"

namespace posthouse::queued {

/// Octets in memory.
class TextSource final : public transfer::Source {
  public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override;

  private:
    std::string text_;
};

/// Octets in a file.
class FileSource final : public transfer::Source {
  public:
    FileSource(ScratchFile file, net::Pool& pool) : file_(std::move(file)), pool_(pool) {}
    std::uint64_t size() const override { return file_.size(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override;

  private:
    ScratchFile file_;
    net::Pool& pool_;
};

/// Of one message. What was found out or made is kept for the next server.
class FittedContent {
  public:
    /// Larger messages are not encoded anew.
    static constexpr std::uint64_t max_converted = 64u << 20;
    /// How much of a header is looked at.
    static constexpr std::size_t max_header = 256u << 10;

    /// `folder`: where files lie while messages are encoded.
    FittedContent(transfer::Source& original, net::Pool& pool, std::string folder, std::string id)
        : original_(original), pool_(pool), folder_(std::move(folder)), id_(std::move(id)) {}

    /// The content as `form` wants it; alive as long as this. Refused, for good: 550 5.6.7 (its header is
    /// internationalised), 554 5.6.3 (it can't be brought into the form); for now: 451 4.3.0 (it can't be read).
    net::Async<smtp::Parsed<transfer::Source*>> in(const Form& form);

  private:
    net::Async<Result<std::string>> read_up_to(std::uint64_t most);
    net::Async<Result<ScratchFile>> copied();
    net::Async<smtp::Parsed<transfer::Source*>> convert(mime::LineForm line_form);
    transfer::Source* now();

    transfer::Source& original_;
    net::Pool& pool_;
    std::string folder_;
    std::string id_;  ///< for the log
    std::optional<bool> utf8_header_;
    std::optional<mime::LineForm> converted_form_;
    std::optional<FileSource> converted_;  ///< none: the original has the form
};

}  // namespace posthouse::queued
