// What filling an empty index costs: 50,000 messages of 4 KB are opened, their header blocks read
// (`read_header_blocks`, the measure of the others), summarised by header block alone, and by header and body; and
// their records decoded.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/mime/wire.h"
#include "storage/summarise.h"
#include "storage/summary.h"

namespace posthouse::storage {
namespace {

constexpr int kMessages = 50'000;

/// A message as a mailing list or a colleague sends it.
std::string message(int number) {
    const std::string n = std::to_string(number);
    const std::string to = "user" + std::to_string(number % 97);
    std::string text =
        "Return-Path: <bounces+" + n +
        "@lists.example.net>\nDelivered-To: me@example.org\n"
        "Received: from mx1.example.org (mx1.example.org [192.0.2.10])\n\tby store.example.org (Posthouse) with LMTP "
        "id " +
        n +
        "abcdef\n\tfor <me@example.org>; Mon, 23 Nov 2026 12:00:01 +0000\n"
        "Received: from lists.example.net (lists.example.net [198.51.100.7])\n\t(using TLSv1.3 with cipher "
        "TLS_AES_256_GCM_SHA384 (256/256 bits))\n\tby mx1.example.org (Postfix) with ESMTPS id 4Xy" +
        n +
        "\n\tfor <me@example.org>; Mon, 23 Nov 2026 12:00:00 +0000 (UTC)\n"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; "
        "s=mail;\n\th=from:to:subject:date:message-id;"
        "\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;\n\tb=" +
        std::string(180, 'k') +
        "\n"
        "From: =?utf-8?q?J=C3=BCrgen?= Tester <writer" +
        std::to_string(number % 331) +
        "@example.net>\n"
        "To: \"The List\" <list@lists.example.net>, " +
        to + " <" + to +
        "@example.com>,\n\tanother@example.org\n"
        "Cc: Somebody Else <somebody@example.com>\n"
        "Subject: Re: [list] Plans for week " +
        std::to_string(number % 1000) +
        " and what comes after it\n"
        "Date: Mon, " +
        std::to_string(1 + number % 28) + " Nov 2026 " + std::to_string(10 + number % 14) +
        ":15:" + std::to_string(10 + number % 50) + " +0100\nMessage-ID: <" + n +
        ".2026112311.CAF@mail.example.net>\n"
        "In-Reply-To: <" +
        std::to_string(number / 2) + ".2026112311.CAF@mail.example.net>\nReferences: <" + std::to_string(number / 8) +
        ".2026112311.CAF@mail.example.net>\n\t<" + std::to_string(number / 4) +
        ".2026112311.CAF@mail.example.net>\n\t<" + std::to_string(number / 2) +
        ".2026112311.CAF@mail.example.net>\n"
        "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"----=_Part_" +
        n +
        "\"\n"
        "List-Id: <list.lists.example.net>\nList-Unsubscribe: <mailto:list-leave@lists.example.net>\n"
        "X-Spam-Status: No, score=-2.1\nX-Mailer: Example 1.0\n\n------=_Part_" +
        n + "\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n";
    while (text.size() < 2800) text += "The quick brown fox jumps over the lazy dog, as it did =C3=BCber last week.\n";
    text += "------=_Part_" + n + "\nContent-Type: text/html; charset=utf-8\n\n<html><body>\n";
    while (text.size() < 4000) text += "<p>The quick brown fox jumps over the lazy dog.</p>\n";
    return text + "</body></html>\n------=_Part_" + n + "--\n";
}

/// The messages as files of one folder, below the working folder, with their sizes.
class Messages {
  public:
    Messages() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        for (int i = 0; i < kMessages; ++i) {
            const std::string text = message(i);
            std::ofstream(name(i), std::ios::binary) << text;
            sizes_.push_back({text.size(), mime::wire_size(text).octets});
        }
    }
    ~Messages() { std::filesystem::remove_all(path_); }
    Messages(const Messages&) = delete;
    Messages& operator=(const Messages&) = delete;

    MessageContent open(int number) const {
        Result<UniqueFd> file = open_file(name(number), O_RDONLY | O_CLOEXEC);
        if (!file) std::abort();
        const Sizes& sizes = sizes_[static_cast<std::size_t>(number)];
        return {std::move(*file), sizes.physical, sizes.wire};
    }

  private:
    struct Sizes {
        std::uint64_t physical;
        std::uint64_t wire;
    };
    std::string name(int number) const { return path_ + "/1795398253.M" + std::to_string(number) + "P1.host"; }

    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
    std::vector<Sizes> sizes_;
};

const Messages& messages() {
    static const Messages all;
    return all;
}

void read_header_blocks(benchmark::State& state) {
    messages();
    for (auto _ : state) {
        for (int i = 0; i < kMessages; ++i) {
            MessageContent content = messages().open(i);
            const Result<std::string> text = content.read_string(8 << 10);
            if (!text || text->find("\r\n\r\n") == std::string::npos) state.SkipWithError("reading failed");
        }
    }
    state.SetItemsProcessed(state.iterations() * kMessages);
}
BENCHMARK(read_header_blocks)->Unit(benchmark::kMillisecond);

void summarise(benchmark::State& state, SummaryParts parts) {
    Summariser summariser;
    for (auto _ : state) {
        for (int i = 0; i < kMessages; ++i) {
            MessageContent content = messages().open(i);
            if (!summariser.summarise(content, parts)) state.SkipWithError("summarising failed");
        }
    }
    state.SetItemsProcessed(state.iterations() * kMessages);
}
BENCHMARK_CAPTURE(summarise, header, SummaryParts::header)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(summarise, body, SummaryParts::body)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(summarise, both, SummaryParts::both)->Unit(benchmark::kMillisecond);

void decode(benchmark::State& state) {
    std::vector<std::string> records;
    Summariser summariser;
    for (int i = 0; i < kMessages; ++i) {
        MessageContent content = messages().open(i);
        records.push_back(summariser.summarise(content, SummaryParts::header)->header);
    }
    state.counters["bytes"] = static_cast<double>(records.front().size());
    for (auto _ : state) {
        for (int repeated = 0; repeated < 2; ++repeated) {
            for (const std::string& record : records) benchmark::DoNotOptimize(decode_header(record));
        }
    }
}
BENCHMARK(decode)->Name("decode_100000")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace posthouse::storage
