// Writer: a message on its way into the queue. Nothing of it is in the queue before finish(), and all of it, durably,
// when finish() has succeeded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "queued/spool/content_reader.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"
#include "queued/spool/folders.h"

namespace posthouse::spool {

/// The folder incoming/, for whoever accepts mail and has no rights to the rest of the queue. Thread-safe.
class Incoming {
  public:
    /// The spool was made before (make_spool). Errors: not_found, denied, io.
    static Result<Incoming> open(const std::string& root);

    /// Whether a message of so many bytes leaves so many free: asked before content is taken (452 4.3.1).
    Result<bool> has_room(std::uint64_t bytes, std::uint64_t keep_free) const;
    /// As spool::free_bytes.
    Result<std::uint64_t> free_bytes() const { return spool::free_bytes(*folder_); }

  private:
    friend class Writer;
    Incoming(std::shared_ptr<const OpenFolder> folder, bool has_proc)
        : folder_(std::move(folder)), has_proc_(has_proc) {}
    std::shared_ptr<const OpenFolder> folder_;
    bool has_proc_;  ///< an unnamed file gets its name through /proc
};

/// Writes one message; dropped before finish(), it leaves nothing (where the file system has no unnamed files and the
/// process is killed: a file named as make_temporary_name says, which Spool::sweep removes). Memory: two pieces at
/// most. Used by one thread at a time; after an error it is of no more use.
class Writer {
  public:
    /// Errors: no_space, denied, io.
    static Result<Writer> begin(const Incoming& incoming);
    Writer(Writer&& other) noexcept;
    Writer& operator=(Writer&& other) noexcept;
    ~Writer();

    /// Takes room on the disk for so many bytes of content from its beginning on, where the file system can, so that a
    /// full disk shows now. Errors: no_space, io.
    Result<> reserve(std::uint64_t bytes);
    /// Adds octets of the content; pieces may end anywhere. Errors: no_space, io; limit (max_content_bytes).
    Result<> write(std::string_view octets);
    /// Octets of content so far.
    std::uint64_t size() const { return layout_.content_bytes; }
    /// What was written, from `offset` on, as ContentReader::read.
    Result<std::size_t> read(std::uint64_t offset, std::span<char> out);

    /// Puts the message into the queue: it is due at once, or at the envelope's `hold_until`. `front` is header fields
    /// that go before the content (Received, DKIM-Signature: known only when the content is). When this has succeeded
    /// the message survives kill -9 and power loss, and only then it may be opened; when it has failed, it never was in
    /// the queue. Two syncs. Errors: exists (that id is in incoming/); invalid, limit (of the envelope); no_space, io.
    Result<> finish(const Envelope& envelope, std::string_view front = {});
    /// The same for a message that is kept back from its beginning: it lies in hold/ then, with this `held` event. For
    /// those who may write there.
    Result<> finish_held(const Folders& folders, const Envelope& envelope, const Event& held);

  private:
    Writer(std::shared_ptr<const OpenFolder> folder, UniqueFd file, std::string temporary_name);
    Result<> flush();
    Result<> finish_in(const OpenFolder& folder, const Envelope& envelope, std::string_view front,
                       std::string_view journal);
    Result<> close_content(const Envelope& envelope, std::string_view front, std::string_view journal);
    Result<> name(const OpenFolder& folder, const std::string& file_name);
    void drop();

    std::shared_ptr<const OpenFolder> folder_;
    UniqueFd file_;               ///< locked while this lives
    std::string temporary_name_;  ///< empty: the file has none
    Layout layout_;
    std::string buffer_;           ///< not written yet: at its end the piece under way, its head unset
    std::size_t piece_start_ = 0;  ///< in buffer_
    std::uint64_t written_ = 0;    ///< bytes of the file
    std::uint64_t reserved_ = 0;   ///< bytes of the file
    bool failed_ = false;
};

}  // namespace posthouse::spool
