// A spool in a temporary folder, and short ways to fill it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/random.h"
#include "queued/spool/spool.h"
#include "queued/spool/writer.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::spool {

inline smtp::Mailbox mailbox(std::string_view text) { return smtp::parse_mailbox(text, smtp::Utf8::allowed).value(); }

/// To these addresses, from anna@example.org.
inline Envelope envelope_to(const std::vector<std::string>& addresses) {
    Envelope envelope;
    envelope.id = make_id();
    envelope.arrived = 1'700'000'000;
    envelope.sender = mailbox("anna@example.org");
    for (const std::string& address : addresses) envelope.recipients.push_back({.address = mailbox(address)});
    return envelope;
}

inline Event event(EventKind kind, std::vector<std::uint32_t> recipients, std::int64_t at = 1'700'000'100) {
    return {.kind = kind, .at = at, .recipients = std::move(recipients)};
}

/// Octets that tell where in the message they stand.
inline std::string content_of_size(std::size_t size) {
    std::string text;
    while (text.size() < size) text += "line at " + std::to_string(text.size()) + "\r\n";
    text.resize(size);
    return text;
}

inline Result<> accept(const Incoming& incoming, const Envelope& envelope, std::string_view content,
                       std::string_view front = {}) {
    Result<Writer> writer = Writer::begin(incoming);
    if (!writer) return fail(writer.error());
    if (Result<> written = writer->write(content); !written) return written;
    return writer->finish(envelope, front);
}

/// The whole message, asked for in pieces of this size.
inline Result<std::string> message_of(Entry& entry, std::size_t piece = 100'000) {
    std::string text;
    std::string buffer(piece, '\0');
    for (;;) {
        const Result<std::size_t> got = entry.read(text.size(), buffer);
        if (!got) return fail(got.error());
        if (*got == 0) return text;
        text.append(buffer, 0, *got);
    }
}

/// All that lies in a folder, in order.
inline std::vector<Place> places_in(const Spool& spool, Folder folder, std::size_t batch = 3) {
    std::vector<Place> all;
    Scan scan = spool.scan(folder).value();
    for (;;) {
        const std::vector<Place> some = scan.next(batch).value();
        if (some.empty()) break;
        EXPECT_LE(some.size(), batch);
        all.insert(all.end(), some.begin(), some.end());
    }
    std::ranges::sort(all, {}, [](const Place& place) { return to_file_name(place.name); });
    return all;
}

class SpoolTest : public ::testing::Test {
  protected:
    TemporaryFolder folder;
    const std::string root = folder.path() + "/spool";
    Spool spool = Spool::open(root).value();
    Incoming incoming = Incoming::open(root).value();

    std::string path(const Place& place) const { return root + "/" + to_string(place); }
    std::string read_file(const Place& place) const {
        std::ifstream stream(path(place), std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void write_file(const Place& place, std::string_view bytes) const {
        std::ofstream(path(place), std::ios::binary) << bytes;
    }
    /// Accepts a message to these; gives where it lies.
    Place add(const std::vector<std::string>& addresses, std::string_view content = "Subject: a\r\n\r\nb\r\n") const {
        const Envelope envelope = envelope_to(addresses);
        const Result<> accepted = accept(incoming, envelope, content);
        EXPECT_TRUE(accepted) << accepted.error().message();
        return {Folder::incoming, {envelope.id, 0}};
    }
    /// Bob's and Carl's.
    Place add() const { return add({"bob@example.net", "carl@example.com"}); }
    Entry open(const Place& place) const {
        Result<Entry> entry = spool.open(place);
        EXPECT_TRUE(entry) << entry.error().message();
        return *std::move(entry);
    }
    static void record(Entry& entry, const std::vector<Event>& events) {
        const Result<> recorded = entry.record(events);
        EXPECT_TRUE(recorded) << recorded.error().message();
    }
};

}  // namespace posthouse::spool
