// Tests of storage/kept_fields.h.
#include "storage/kept_fields.h"

#include <gtest/gtest.h>

namespace posthouse::storage {
namespace {

std::optional<std::string> kept_of(std::string_view block) {
    const std::string record = encode_kept_fields(block);
    const auto kept = decode_kept_fields(record).value();
    return kept ? std::optional(std::string(*kept)) : std::nullopt;
}

TEST(KeptFields, FieldsOfListsAreKeptAsTheyStandAndInTheirOrder) {
    EXPECT_EQ(
        kept_of("Received: from a\r\n\tby b\r\nSUBJECT: one\r\n two\r\nX-Other: x\r\nfrom: a@x\r\nFrom: b@x\r\n\r\n"),
        "SUBJECT: one\r\n two\r\nfrom: a@x\r\nFrom: b@x\r\n");
    EXPECT_EQ(kept_of("\r\n"), "");
    EXPECT_EQ(kept_of("Subject: cut off"), "Subject: cut off\r\n");
}

TEST(KeptFields, NamesAreKnownInAnyCase) {
    EXPECT_TRUE(is_kept_field("Message-ID"));
    EXPECT_TRUE(is_kept_field("X-TUID"));
    EXPECT_FALSE(is_kept_field("Received"));
    EXPECT_FALSE(is_kept_field(""));
}

TEST(KeptFields, OfAMessageWithTooMuchNothingIsKept) {
    EXPECT_EQ(kept_of("To: " + std::string(kMaxKeptFields, 'a') + "\r\nSubject: s\r\n\r\n"), std::nullopt);
}

TEST(KeptFields, DamagedRecordsAreRefused) {
    EXPECT_FALSE(decode_kept_fields(""));
    EXPECT_FALSE(decode_kept_fields("?Subject: s\r\n"));
    const std::string record = encode_kept_fields("Subject: s\r\n\r\n");
    EXPECT_FALSE(decode_kept_fields(std::string_view(record).substr(0, record.size() - 1)));
    EXPECT_FALSE(decode_kept_fields(record + std::string(kMaxKeptFields, 'x') + "\r\n"));
}

}  // namespace
}  // namespace posthouse::storage
