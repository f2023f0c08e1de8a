// BinaryContent: content of any octets, which becomes lines.
#include "smtpd/receiving/binary_content.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "lib/base/file.h"
#include "lib/mime/downgrade.h"

namespace posthouse::smtpd {
namespace {

/// A file without a name. Where the file system has no O_TMPFILE, one whose name is removed at once.
Result<UniqueFd> unnamed_file(const std::string& folder) {
    UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    if (errno != EOPNOTSUPP && errno != EISDIR) return fail_errno("create a file in " + folder, errno);
    std::string path = folder + "/receiving.XXXXXX";
    UniqueFd named(::mkostemp(path.data(), O_CLOEXEC));
    if (!named) return fail_errno("create " + path, errno);
    ::unlink(path.c_str());
    return named;
}

/// A file's bytes as memory.
class Mapping {
  public:
    Mapping(int fd, std::size_t size) : size_(size), at_(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0)) {}
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (at_ != MAP_FAILED) ::munmap(at_, size_);
    }
    explicit operator bool() const { return at_ != MAP_FAILED; }
    std::string_view view() const { return {static_cast<const char*>(at_), size_}; }

  private:
    std::size_t size_;
    void* at_;
};

Result<smtp::DataFacts> to_lines(std::string_view message, Content& out, const smtp::DataPolicy& policy) {
    const mime::Downgrade downgrade(message, mime::LineForm::eight_bit);
    if (!downgrade.complete())
        return fail(ErrorCode::unsupported, "The message has binary content where no encoding can stand");
    smtp::DataDecoder decoder(policy, smtp::Framing::counted);
    std::string decoded;
    const mime::Write write = [&](std::string_view piece) -> Result<> {
        decoder.feed(piece, decoded);
        Result<> kept = out.append(decoded);
        decoded.clear();
        return kept;
    };
    if (const Result<> written = downgrade.write(write); !written) return fail(written.error());
    decoder.finish(decoded);
    if (const Result<> kept = out.append(decoded); !kept) return fail(kept.error());
    if (const auto refused = decoder.refusal()) return fail(ErrorCode::unsupported, refused->text());
    return decoder.facts();
}

}  // namespace

net::Async<Result<>> BinaryContent::settle() {
    if (tail_.size() <= (file_ ? Content::piece : Content::max_in_memory)) co_return Result<>{};
    const auto work = [this]() -> Result<> {
        if (!file_) {
            Result<UniqueFd> file = unnamed_file(folder_);
            if (!file) return fail(file.error());
            file_ = *std::move(file);
        }
        return write_all(file_.get(), tail_);
    };
    Result<> written = co_await disk_.run(work);
    if (!written) co_return written;
    in_file_ += tail_.size();
    tail_.clear();
    co_return Result<>{};
}

net::Async<Result<smtp::DataFacts>> BinaryContent::convert(Content& out, const smtp::DataPolicy& policy) {
    const auto work = [this, &out, &policy]() -> Result<smtp::DataFacts> {
        if (!file_) return to_lines(tail_, out, policy);
        if (const Result<> rest = write_all(file_.get(), tail_); !rest) return fail(rest.error());
        const Mapping mapping(file_.get(), static_cast<std::size_t>(in_file_ + tail_.size()));
        if (!mapping) return fail_errno("map a received message", errno);
        return to_lines(mapping.view(), out, policy);
    };
    Result<smtp::DataFacts> facts = co_await disk_.run(work);
    co_return facts;
}

}  // namespace posthouse::smtpd
