// Messages that are encoded for a server: what comes of them, and what it costs.
#include "queued/outbound/fitted_content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/temporary_folder.h"

namespace posthouse::queued {
namespace {

constexpr std::string_view header =
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
constexpr std::string_view line = "f\xC3\xBCr alle, die das lesen, und auch sonst, Zeile um Zeile um Zeile\r\n";

/// A message of so many octets, of which nothing is kept.
class Lines final : public transfer::Source {
  public:
    explicit Lines(std::size_t lines) : lines_(lines) {}
    std::uint64_t size() const override { return header.size() + lines_ * line.size(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override {
        if (offset < header.size()) co_return std::string(header.substr(offset));
        std::string octets;
        const std::size_t at = (offset - header.size()) % line.size();
        if (offset < size()) octets = line.substr(at);
        while (octets.size() + line.size() <= piece && offset + octets.size() < size()) octets += line;
        co_return octets;
    }

  private:
    std::size_t lines_;
};

/// KiB of this process that are not those of files.
long anonymous_memory() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
        if (word == "RssAnon:") {
            long kib = 0;
            status >> kib;
            return kib;
        }
    return 0;
}

class FittedContentTest : public testing::Test {
  protected:
    std::string all_of(transfer::Source& source, std::size_t most = SIZE_MAX) {
        return loop.run_until_complete([](transfer::Source& from, std::size_t limit) -> net::Async<std::string> {
            std::string text;
            std::uint64_t offset = 0;
            while (offset < from.size()) {
                const Result<std::string> piece = co_await from.read(offset);
                EXPECT_TRUE(piece && !piece->empty());
                if (!piece || piece->empty()) break;
                offset += piece->size();
                if (text.size() < limit) text += *piece;
            }
            co_return text;
        }(source, most));
    }
    TemporaryFolder folder;
    net::Loop loop;
    net::Pool pool{loop, 1};
    Form seven_bit{.downgrade = mime::LineForm::seven_bit};
};

TEST_F(FittedContentTest, WhatIsEncodedStaysTheSameText) {
    Lines original(5000);
    FittedContent content(original, pool, folder.path(), "x");
    const auto fitted = loop.run_until_complete(content.in(seven_bit));
    ASSERT_TRUE(fitted) << fitted.error().text();
    const std::string text = all_of(**fitted);
    EXPECT_NE(text.find("Content-Transfer-Encoding: quoted-printable\r\n"), std::string::npos);
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; }));
    std::size_t lines = 0;
    for (std::size_t at = text.find("f=C3=BCr"); at != std::string::npos; at = text.find("f=C3=BCr", at + 1)) ++lines;
    EXPECT_EQ(lines, 5000u);
    EXPECT_EQ(loop.run_until_complete(content.in(seven_bit)).value(), *fitted) << "made once";
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "it has no name";
}

TEST_F(FittedContentTest, AFolderThatTakesNothingPutsItOff) {
    Lines original(5);
    FittedContent content(original, pool, folder.path() + "/away", "x");
    const auto fitted = loop.run_until_complete(content.in(seven_bit));
    ASSERT_FALSE(fitted);
    EXPECT_EQ(fitted.error().code, 451);
}

TEST_F(FittedContentTest, ALargeMessageTakesNoMemory) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "sanitizers take memory of their own";
#endif
#endif
    Lines original((50u << 20) / line.size());
    FittedContent content(original, pool, folder.path(), "x");
    std::atomic<bool> done = false;
    std::atomic<long> most = 0;
    const long before = anonymous_memory();
    std::thread watcher([&] {
        while (!done) most = std::max(most.load(), anonymous_memory());
    });
    const auto fitted = loop.run_until_complete(content.in(seven_bit));
    if (fitted) (void)all_of(**fitted, 0);
    done = true;
    watcher.join();
    ASSERT_TRUE(fitted);
    EXPECT_GT((*fitted)->size(), original.size());
    EXPECT_LT(most - before, 12 << 10) << "KiB";
}

}  // namespace
}  // namespace posthouse::queued
