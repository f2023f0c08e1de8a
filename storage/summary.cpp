// The records of summaries, byte by byte. Numbers stand in this machine's order, at any address: records belong to a
// cache that never leaves it. Of a header block:
//      0  version (1)              1  what is there: kHas…, kIsReply
//      2  zone of Date, minutes    4  size of the header block
//      8  seconds of Date         16  hash of the Message-ID
//     24  where each of 9 fields ends, from 42 on: subject from to cc display_from display_to references thread_seed
//         envelope
//     42  the fields
// Of a body:
//      0  version (129)            1  what is there          2  where the preview ends, from 4 on
//      4  preview, bodystructure
#include "storage/summary.h"

#include <array>
#include <cstring>

#include "lib/mime/preview.h"

namespace posthouse::storage {
namespace {

constexpr std::uint8_t kHeaderVersion = 1;
constexpr std::uint8_t kBodyVersion = 129;

constexpr std::uint8_t kHasEnvelope = 1;
constexpr std::uint8_t kHasHeaderSize = 2;
constexpr std::uint8_t kHasSent = 4;
constexpr std::uint8_t kIsReply = 8;
constexpr std::uint8_t kHasBodyStructure = 1;
constexpr std::uint8_t kHasPreview = 2;

constexpr std::size_t kFields = 9;
constexpr std::size_t kEnds = 24;
constexpr std::size_t kHeaderFixed = kEnds + kFields * sizeof(std::uint16_t);
constexpr std::size_t kBodyFixed = 4;
constexpr std::size_t kSeed = 16;
constexpr std::size_t kLongestCharacter = 4;
constexpr std::size_t kMaxPreview = mime::max_preview * kLongestCharacter;

static_assert(kHeaderFixed + 6 * kMaxSummaryKey + kMaxSummaryReferences * sizeof(imap::MessageIdHash) + kSeed +
                  kMaxSummaryEnvelope <=
              kMaxSummaryRecord);
static_assert(kBodyFixed + kMaxPreview + kMaxSummaryBodyStructure <= kMaxSummaryRecord);
static_assert(kMaxSummaryRecord <= UINT16_MAX);

template <typename Number>
Number load(std::string_view record, std::size_t position) {
    Number value{};
    std::memcpy(&value, record.data() + position, sizeof value);
    return value;
}

template <typename Number>
void store(std::string& record, std::size_t position, Number value) {
    std::memcpy(record.data() + position, &value, sizeof value);
}

std::optional<std::string_view> within(std::optional<std::string_view> part, std::size_t bound) {
    return part && part->size() <= bound ? part : std::nullopt;
}

std::uint8_t flag(bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; }

std::unexpected<Error> damaged() { return fail(ErrorCode::invalid, "Summary of a message is damaged"); }

}  // namespace

std::string encode(const HeaderSummary& summary) {
    const auto envelope = within(summary.envelope, kMaxSummaryEnvelope);
    const mime::DateTime sent = summary.sent.value_or(mime::DateTime{});
    const auto flags = static_cast<std::uint8_t>(
        flag(envelope.has_value(), kHasEnvelope) | flag(summary.header_size.has_value(), kHasHeaderSize) |
        flag(summary.sent.has_value(), kHasSent) | flag(summary.is_reply, kIsReply));

    // Of too many references the first and the last: the thread's root and the direct ancestors matter most.
    constexpr std::size_t half = kMaxSummaryReferences / 2 * sizeof(imap::MessageIdHash);
    const std::string_view ids =
        summary.references.bytes().substr(0, summary.references.size() * sizeof(imap::MessageIdHash));
    std::string references(ids);
    if (ids.size() > 2 * half)
        references = std::string(ids.substr(0, half)) + std::string(ids.substr(ids.size() - half));

    const std::array<std::string_view, kFields> fields = {summary.subject.substr(0, kMaxSummaryKey),
                                                          summary.from.substr(0, kMaxSummaryKey),
                                                          summary.to.substr(0, kMaxSummaryKey),
                                                          summary.cc.substr(0, kMaxSummaryKey),
                                                          summary.display_from.substr(0, kMaxSummaryKey),
                                                          summary.display_to.substr(0, kMaxSummaryKey),
                                                          references,
                                                          summary.thread_seed.substr(0, kSeed),
                                                          envelope.value_or("")};
    std::size_t size = kHeaderFixed;
    for (const std::string_view field : fields) size += field.size();
    std::string record;
    record.reserve(size);
    record.resize(kHeaderFixed);
    store(record, 0, kHeaderVersion);
    store(record, 1, flags);
    store(record, 2, static_cast<std::int16_t>(sent.zone_minutes));
    store(record, 4, summary.header_size.value_or(0));
    store(record, 8, sent.seconds);
    store(record, 16, summary.message_id);
    std::size_t position = kEnds;
    for (const std::string_view field : fields) {
        record += field;
        store(record, position, static_cast<std::uint16_t>(record.size() - kHeaderFixed));
        position += sizeof(std::uint16_t);
    }
    return record;
}

Result<HeaderSummary> decode_header(std::string_view record) {
    if (record.size() < kHeaderFixed || record.size() > kMaxSummaryRecord ||
        load<std::uint8_t>(record, 0) != kHeaderVersion) {
        return damaged();
    }
    const std::string_view data = record.substr(kHeaderFixed);
    std::array<std::string_view, kFields> fields;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < kFields; ++i) {
        const std::size_t end = load<std::uint16_t>(record, kEnds + i * sizeof(std::uint16_t));
        if (end < begin || end > data.size()) return damaged();
        fields.at(i) = data.substr(begin, end - begin);
        begin = end;
    }
    const auto& [subject, from, to, cc, display_from, display_to, references, thread_seed, envelope] = fields;
    const auto flags = load<std::uint8_t>(record, 1);
    const bool has_envelope = (flags & kHasEnvelope) != 0;
    if (begin != data.size() || references.size() % sizeof(imap::MessageIdHash) != 0 ||
        (!thread_seed.empty() && thread_seed.size() != kSeed) || has_envelope == envelope.empty()) {
        return damaged();
    }
    HeaderSummary summary;
    if (has_envelope) summary.envelope = envelope;
    if ((flags & kHasHeaderSize) != 0) summary.header_size = load<std::uint32_t>(record, 4);
    if ((flags & kHasSent) != 0) summary.sent = {load<std::int64_t>(record, 8), load<std::int16_t>(record, 2)};
    summary.subject = subject;
    summary.from = from;
    summary.to = to;
    summary.cc = cc;
    summary.display_from = display_from;
    summary.display_to = display_to;
    summary.is_reply = (flags & kIsReply) != 0;
    summary.message_id = load<imap::MessageIdHash>(record, 16);
    summary.references = imap::MessageIdHashes(references);
    summary.thread_seed = thread_seed;
    return summary;
}

std::string encode(const BodySummary& summary) {
    const auto structure = within(summary.bodystructure, kMaxSummaryBodyStructure);
    const auto preview = within(summary.preview, kMaxPreview);
    std::string record(kBodyFixed, '\0');
    store(record, 0, kBodyVersion);
    store(record, 1,
          static_cast<std::uint8_t>(flag(structure.has_value(), kHasBodyStructure) |
                                    flag(preview.has_value(), kHasPreview)));
    record += preview.value_or("");
    store(record, 2, static_cast<std::uint16_t>(record.size() - kBodyFixed));
    record += structure.value_or("");
    return record;
}

Result<BodySummary> decode_body(std::string_view record) {
    if (record.size() < kBodyFixed || record.size() > kMaxSummaryRecord ||
        load<std::uint8_t>(record, 0) != kBodyVersion) {
        return damaged();
    }
    const std::string_view data = record.substr(kBodyFixed);
    const std::size_t end = load<std::uint16_t>(record, 2);
    if (end > data.size()) return damaged();
    const auto flags = load<std::uint8_t>(record, 1);
    const bool has_structure = (flags & kHasBodyStructure) != 0;
    const bool has_preview = (flags & kHasPreview) != 0;
    if ((!has_preview && end > 0) || has_structure != (end < data.size())) return damaged();
    BodySummary summary;
    if (has_structure) summary.bodystructure = data.substr(end);
    if (has_preview) summary.preview = data.substr(0, end);
    return summary;
}

}  // namespace posthouse::storage
