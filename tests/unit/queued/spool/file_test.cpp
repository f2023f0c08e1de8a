// Records, layouts and names: the bytes they are, and what is refused.
#include <limits>

#include "queued/spool/layout.h"
#include "queued/spool/queue_name.h"
#include "queued/spool/record.h"
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

TEST(Record, HasChecksumKindAndLength) {
    std::string out;
    append_record(out, RecordKind::event, "held");
    // CRC-32 of "J\4\0\0held", as Python's zlib.crc32 gives it.
    EXPECT_EQ(out, std::string("\x92\x72\x29\x1aJ\x04\x00\x00held", 12));
    EXPECT_EQ(record_bytes(out), 12u);
    EXPECT_EQ(body_of(out, RecordKind::event), "held");
    EXPECT_EQ(body_of(out + "and more", RecordKind::event), "held");
    EXPECT_EQ(body_of(out, RecordKind::content), std::nullopt);
}

TEST(Record, WhatIsTornOrDamagedIsNone) {
    std::string out;
    append_record(out, RecordKind::content, "some octets");
    for (std::size_t size = 0; size < out.size(); ++size)
        EXPECT_EQ(body_of(std::string_view(out).substr(0, size), RecordKind::content), std::nullopt);
    for (std::size_t at = 0; at < out.size(); ++at) {
        std::string damaged = out;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_EQ(body_of(damaged, RecordKind::content), std::nullopt) << at;
    }
    EXPECT_EQ(body_of(std::string(64, '\0'), RecordKind::content), std::nullopt);
    EXPECT_EQ(body_of(std::string(64, '\0'), static_cast<RecordKind>(0)), std::nullopt);
}

TEST(Layout, ComesBackFromItsRecord) {
    for (const Layout& layout :
         {Layout{0, 0, 1}, Layout{1, 2, 3}, Layout{max_content_bytes, max_front_bytes, max_envelope_bytes}}) {
        const std::string head = to_record(layout, RecordKind::head);
        EXPECT_EQ(head.size(), Layout::head_bytes);
        EXPECT_EQ(parse_layout(head, RecordKind::head).value(), layout);
        EXPECT_FALSE(parse_layout(head, RecordKind::closing));
    }
    for (const Layout& layout :
         {Layout{0, 0, 0}, Layout{max_content_bytes + 1, 0, 1}, Layout{0, max_front_bytes + 1, 1},
          Layout{0, 0, max_envelope_bytes + 1}, Layout{std::numeric_limits<std::uint64_t>::max(), 0, 1}})
        EXPECT_EQ(parse_layout(to_record(layout, RecordKind::head), RecordKind::head).error().code, ErrorCode::invalid);
}

TEST(Layout, ALaterVersionIsToldFromDamage) {
    std::string later;
    append_record(later, RecordKind::head, "PHQUEUE2 and whatever it has");
    EXPECT_EQ(parse_layout(later, RecordKind::head).error().code, ErrorCode::unsupported);
    std::string other;
    append_record(other, RecordKind::head, "SOMETHING");
    EXPECT_EQ(parse_layout(other, RecordKind::head).error().code, ErrorCode::invalid);
}

TEST(Layout, SaysWhereEverythingLies) {
    const Layout layout{piece_bytes * 2 + 5, 7, 11};
    EXPECT_EQ(layout.pieces(), 3u);
    EXPECT_EQ(layout.piece_at(0), 32u);
    EXPECT_EQ(layout.piece_at(2), 32u + 2 * (8 + piece_bytes));
    EXPECT_EQ(layout.piece_size(1), piece_bytes);
    EXPECT_EQ(layout.piece_size(2), 5u);
    EXPECT_EQ(layout.front_at(), layout.piece_at(2) + 8 + 5);
    EXPECT_EQ(layout.envelope_at(), layout.front_at() + 8 + 7);
    EXPECT_EQ(layout.closing_at(), layout.envelope_at() + 8 + 11);
    EXPECT_EQ(layout.journal_at(), layout.closing_at() + 32);
    EXPECT_EQ(layout.message_bytes(), piece_bytes * 2 + 12);
    EXPECT_EQ((Layout{piece_bytes, 0, 1}).pieces(), 1u);
    EXPECT_EQ((Layout{0, 0, 1}).envelope_at(), 32u);
}

TEST(QueueName, ComesBackFromItsFileName) {
    for (const QueueName& name : {QueueName{"01HFD2T3X4Y5Z6A7", 0}, QueueName{"01HFD2T3X4Y5Z6A7", 1'700'000'000}})
        EXPECT_EQ(parse_file_name(to_file_name(name)), name);
    EXPECT_EQ(to_file_name({"01HFD2T3X4Y5Z6A7", 5}), "01HFD2T3X4Y5Z6A7.5");
    for (const char* none :
         {"", ".", "..", "01HFD2T3X4Y5Z6A", "01HFD2T3X4Y5Z6A7.", "01HFD2T3X4Y5Z6A7.0", "01HFD2T3X4Y5Z6A7.05",
          "01HFD2T3X4Y5Z6A7.5.5", "01HFD2T3X4Y5Z6A7.x", "01HFD2T3X4Y5Z6A7.-5", "01HFD2T3X4Y5Z6A7.99999999999999999999",
          "01hfd2t3x4y5z6a7", "README", ".0123456789abcdef"})
        EXPECT_EQ(parse_file_name(none), std::nullopt) << none;
    EXPECT_TRUE(is_temporary_name(make_temporary_name()));
    for (const char* other : {".", "..", ".bashrc", ".0123456789abcdeF", "0123456789abcdef0"})
        EXPECT_FALSE(is_temporary_name(other)) << other;
}

}  // namespace
}  // namespace posthouse::spool
