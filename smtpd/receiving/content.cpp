// Content: a message while it is received.
#include "smtpd/receiving/content.h"

#include <algorithm>
#include <span>
#include <utility>

namespace posthouse::smtpd {

Result<> Content::write_tail() {
    if (!writer_) {
        Result<spool::Writer> writer = queue_.begin();
        if (!writer) return fail(writer.error());
        writer_ = *std::move(writer);
    }
    Result<> written = writer_->write(tail_);
    if (written) tail_.clear();
    return written;
}

net::Async<Result<>> Content::settle() {
    if (tail_.size() <= (writer_ ? piece : max_in_memory)) co_return Result<>{};
    Result<> opened = co_await queue_.open();
    if (!opened) co_return opened;
    const auto work = [this] { return write_tail(); };
    Result<> written = co_await disk_.run(work);
    co_return written;
}

Result<> Content::append(std::string_view bytes) {
    tail_ += bytes;
    if (tail_.size() <= (writer_ ? piece : max_in_memory)) return {};
    return write_tail();
}

net::Async<Result<std::string>> Content::read(std::uint64_t offset) {
    const std::uint64_t held = in_file();
    if (offset >= held) co_return tail_.substr(std::min<std::uint64_t>(offset - held, tail_.size()));
    const auto work = [this, offset]() -> Result<std::string> {
        std::string bytes(piece, '\0');
        const Result<std::size_t> got = writer_->read(offset, std::span(bytes));
        if (!got) return fail(got.error());
        bytes.resize(*got);
        return bytes;
    };
    Result<std::string> bytes = co_await disk_.run(work);
    if (bytes && bytes->empty()) co_return fail(ErrorCode::io, "The message got shorter", "read a received message");
    co_return bytes;
}

net::Async<Result<>> Content::enqueue(const spool::Envelope& envelope, std::string_view front) {
    Result<> opened = co_await queue_.open();
    if (!opened) co_return opened;
    const auto work = [this] { return write_tail(); };
    Result<> written = co_await disk_.run(work);
    if (!written) co_return written;
    Result<> done = co_await queue_.finish(*writer_, envelope, front);
    co_return done;
}

}  // namespace posthouse::smtpd
