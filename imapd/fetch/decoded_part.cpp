// Decodes a part while it is read.
#include "imapd/fetch/decoded_part.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>

#include "imapd/fetch/open_message.h"

namespace posthouse::imapd {
namespace {

/// Encoded octets that are read at a time.
constexpr std::size_t kPiece = 16 << 10;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

DecodedPart::DecodedPart(std::vector<std::uint32_t> numbers, mime::Range encoded, mime::TransferEncoding encoding)
    : numbers_(std::move(numbers)), encoded_(encoded), encoding_(encoding), cursor_(start()) {}

/// Decodes more; false: that was all.
Result<bool> DecodedPart::fill(OpenMessage& message, Cursor& cursor) const {
    cursor.ready.clear();
    cursor.used = 0;
    std::array<char, kPiece> piece{};
    while (cursor.ready.empty() && !cursor.ended) {
        const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(encoded_.end - cursor.encoded, kPiece));
        if (left == 0) {
            cursor.decoder.finish(cursor.ready);
            cursor.ended = true;
            break;
        }
        const Result<std::size_t> count = message.read(cursor.encoded, std::span(piece).first(left));
        if (!count) return fail(count.error());
        if (*count == 0) return fail(ErrorCode::io, "Message is shorter than it was");
        cursor.decoder.feed({piece.data(), *count}, cursor.ready);
        cursor.encoded += *count;
    }
    return !cursor.ready.empty();
}

/// Hands `count` octets to `take`, or what is left; gives how many there were.
template <typename Take>
Result<std::uint64_t> DecodedPart::pass(OpenMessage& message, Cursor& cursor, std::uint64_t count, Take take) const {
    std::uint64_t done = 0;
    while (done < count) {
        if (cursor.used == cursor.ready.size()) {
            const Result<bool> more = fill(message, cursor);
            if (!more) return fail(more.error());
            if (!*more) break;
        }
        const auto some =
            static_cast<std::size_t>(std::min<std::uint64_t>(count - done, cursor.ready.size() - cursor.used));
        take(std::string_view(cursor.ready).substr(cursor.used, some));
        cursor.used += some;
        cursor.position += some;
        done += some;
    }
    return done;
}

Result<> DecodedPart::move_to(OpenMessage& message, std::uint64_t offset) {
    if (offset == cursor_.position) return {};
    if (encoding_ == mime::TransferEncoding::identity) {
        cursor_ = start();
        cursor_.position = offset;
        cursor_.encoded += std::min<std::uint64_t>(offset, encoded_.size());
        return {};
    }
    if (offset < cursor_.position) cursor_ = start();
    const Result<std::uint64_t> passed =
        pass(message, cursor_, offset - cursor_.position, [](std::string_view /*octets*/) {});
    if (!passed) return fail(passed.error());
    // Behind the end there is nothing, wherever that is.
    cursor_.position = offset;
    return {};
}

Result<std::uint64_t> DecodedPart::size(OpenMessage& message) {
    if (encoding_ == mime::TransferEncoding::identity) return encoded_.size();
    if (!size_) {
        const Result<Piece> whole = measure(message, 0, kAll);
        if (!whole) return fail(whole.error());
        size_ = whole->octets;
    }
    return *size_;
}

Result<DecodedPart::Piece> DecodedPart::measure(OpenMessage& message, std::uint64_t offset, std::uint64_t count) {
    const mime::Range asked{offset, count < kAll - offset ? offset + count : kAll};
    if (measured_ && measured_->first == asked) return measured_->second;
    if (Result<> moved = move_to(message, offset); !moved) return fail(moved.error());
    Cursor ahead = cursor_;
    Piece piece;
    const Result<std::uint64_t> octets = pass(message, ahead, count, [&](std::string_view some) {
        piece.holds_nul = piece.holds_nul || some.find('\0') != std::string_view::npos;
    });
    if (!octets) return fail(octets.error());
    piece.octets = *octets;
    measured_ = {asked, piece};
    return piece;
}

Result<std::uint64_t> DecodedPart::read(OpenMessage& message, std::uint64_t offset, std::uint64_t count,
                                        std::string& out) {
    if (Result<> moved = move_to(message, offset); !moved) return fail(moved.error());
    return pass(message, cursor_, count, [&](std::string_view some) { out += some; });
}

}  // namespace posthouse::imapd
