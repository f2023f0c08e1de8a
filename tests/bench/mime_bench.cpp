// Parsing one message of two parts: structure, ENVELOPE and BODYSTRUCTURE.
#include <benchmark/benchmark.h>

#include <string>

#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/structure.h"

namespace posthouse {
namespace {

std::string message(std::size_t size) {
    std::string content =
        "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>, carol@example.org\n"
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\nContent-Type: multipart/mixed; boundary=\"limit\"\n\n"
        "--limit\nContent-Type: text/plain; charset=utf-8\n\nText.\n--limit\n"
        "Content-Type: application/octet-stream; name=\"a.bin\"\nContent-Transfer-Encoding: base64\n\n";
    while (content.size() < size) content += "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw==\n";
    return content + "--limit--\n";
}

void structure(benchmark::State& state) {
    const std::string raw = message(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(mime::parse_structure(raw));
    state.SetBytesProcessed(static_cast<std::int64_t>(raw.size()) * state.iterations());
}
BENCHMARK(structure)->Arg(4 << 10)->Arg(1 << 20);

void envelope_and_bodystructure(benchmark::State& state) {
    const std::string raw = message(4096);
    for (auto _ : state) {
        benchmark::DoNotOptimize(imap::envelope(raw));
        benchmark::DoNotOptimize(imap::bodystructure(raw, mime::parse_structure(raw)));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(envelope_and_bodystructure);

}  // namespace
}  // namespace posthouse
