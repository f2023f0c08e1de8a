// Tests of storage/message.h: a message read at once and in pieces, also when its file is not what was measured.
#include "storage/message.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>
#include <string_view>

#include "lib/mime/wire.h"

namespace posthouse::storage {
namespace {

MessageContent content_of(std::string_view stored, std::uint64_t physical_size, std::uint64_t wire_size) {
    UniqueFd file(::memfd_create("message", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), stored.data(), stored.size()), static_cast<ssize_t>(stored.size()));
    return {std::move(file), physical_size, wire_size};
}

std::string in_pieces(MessageContent message, std::size_t size) {
    std::string text;
    for (;;) {
        const std::string piece = message.read_string(size).value();
        if (piece.empty()) return text;
        text += piece;
    }
}

TEST(MessageContent, AtOnceIsTheSameAsInPieces) {
    std::mt19937 random(1);
    constexpr std::string_view some[] = {"\n", "\r\n", "\r", "a", "line", "\n\n", "\r\r\n"};
    for (int round = 0; round < 2000; ++round) {
        std::string stored;
        for (std::size_t i = random() % 40; i > 0; --i) stored += some[random() % std::size(some)];
        const std::string wire = mime::to_wire(stored);
        MessageContent message = content_of(stored, stored.size(), wire.size());
        EXPECT_EQ(message.read_string().value(), wire);
        EXPECT_EQ(message.offset(), wire.size());
        EXPECT_EQ(message.read_string().value(), "");
        ASSERT_TRUE(message.seek(wire.size() / 2));
        EXPECT_EQ(message.read_string().value(), wire.substr(wire.size() / 2));
        EXPECT_EQ(in_pieces(content_of(stored, stored.size(), wire.size()), 3), wire);
    }
}

TEST(MessageContent, AFileThatIsNotAsMeasuredGivesNoMoreThanWasAnnounced) {
    for (const std::string stored : {"", "a", "a\nb\n", "a\r\nb\n\n\n", "\n\n\n\n\n\n", "a much longer line\r\n"})
        for (std::uint64_t physical = 0; physical < 12; ++physical)
            for (std::uint64_t wire = physical; wire < physical + 4; ++wire) {
                const std::string text = content_of(stored, physical, wire).read_string().value();
                EXPECT_EQ(text, in_pieces(content_of(stored, physical, wire), 1)) << stored << physical << ' ' << wire;
                EXPECT_EQ(text, mime::to_wire(stored).substr(0, wire));
            }
}

}  // namespace
}  // namespace posthouse::storage
