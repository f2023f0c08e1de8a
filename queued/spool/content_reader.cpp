// Offsets in a message turned into records, each checked when it is read.
#include "queued/spool/content_reader.h"

#include <algorithm>

#include "queued/spool/file_bytes.h"

namespace posthouse::spool {

Result<std::string_view> ContentReader::body(std::uint64_t at, RecordKind kind, std::size_t bytes) {
    if (record_at_ != at) {
        record_at_ = 0;
        Result<std::string> record = read_at(fd_, at, record_head_bytes + bytes);
        if (!record) return fail(record.error());
        record_ = *std::move(record);
        const std::optional<std::string_view> right = body_of(record_, kind);
        if (damage_ == Damage::is_error && (!right || right->size() != bytes))
            return fail(ErrorCode::invalid, "Malformed queue file", "content at " + std::to_string(at));
        record_at_ = at;
    }
    return std::string_view(record_).substr(std::min(record_head_bytes, record_.size()));
}

Result<std::size_t> ContentReader::read(std::uint64_t offset, std::span<char> out) {
    std::size_t got = 0;
    while (got < out.size() && offset < layout_.message_bytes()) {
        const bool in_front = offset < layout_.front_bytes;
        const std::uint64_t place = in_front ? offset : offset - layout_.front_bytes;
        const std::uint64_t piece = place / piece_bytes;
        const Result<std::string_view> bytes =
            in_front ? body(layout_.front_at(), RecordKind::front, layout_.front_bytes)
                     : body(layout_.piece_at(piece), RecordKind::content, layout_.piece_size(piece));
        if (!bytes) return fail(bytes.error());
        const auto at = static_cast<std::size_t>(in_front ? place : place % piece_bytes);
        const std::string_view rest = bytes->substr(std::min(at, bytes->size())).substr(0, out.size() - got);
        if (rest.empty()) break;  // the file ends here
        std::ranges::copy(rest, out.begin() + static_cast<std::ptrdiff_t>(got));
        got += rest.size();
        offset += rest.size();
    }
    return got;
}

}  // namespace posthouse::spool
