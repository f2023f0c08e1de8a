// Any bytes as a queue file: what is read of it stays within bounds. First as they are; then as the records of a file,
// whose checksums are made right so that what lies behind them is reached.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "queued/spool/content_reader.h"
#include "queued/spool/queue_file.h"

using namespace posthouse;
using namespace posthouse::spool;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void read_message(int fd, const Layout& layout, Damage damage) {
    ContentReader reader(fd, layout, damage);
    std::string buffer(30'000, '\0');
    std::uint64_t at = 0;
    for (;;) {
        const Result<std::size_t> got = reader.read(at, buffer);
        if (!got || *got == 0) break;
        at += *got;
        require(at <= layout.message_bytes());
    }
    const Result<std::size_t> middle = reader.read(layout.message_bytes() / 2, std::span(buffer).first(1));
    require(!middle || *middle <= 1);
}

void try_file(std::string_view bytes) {
    const UniqueFd fd(::memfd_create("queue", MFD_CLOEXEC));
    if (!fd || ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
    const Result<Layout> layout = parse_layout(bytes, RecordKind::head);
    if (layout) read_message(fd.get(), *layout, Damage::is_given);
    const Result<QueueFile> file = load(fd.get(), bytes.size());
    if (!file) return;
    require(file->states.size() == file->envelope.recipients.size());
    require(file->journal_end >= file->layout.journal_at() && file->journal_end <= bytes.size());
    (void)nothing_left(file->envelope, file->states);
    read_message(fd.get(), file->layout, Damage::is_error);
    // Cut where it is whole, it says the same.
    const Result<QueueFile> again = load(fd.get(), file->journal_end);
    require(again && again->envelope == file->envelope && again->states == file->states &&
            again->journal_end == file->journal_end);
}

/// Parts of the input, between 0xff: envelope, content, front, then events.
std::string built(std::string_view input) {
    std::string records;
    Layout layout;
    std::string_view parts[3];
    for (std::string_view& part : parts) {
        const auto end = input.find('\xff');
        part = input.substr(0, end);
        input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    }
    layout.envelope_bytes = static_cast<std::uint32_t>(parts[0].size());
    layout.content_bytes = parts[1].size();
    layout.front_bytes = static_cast<std::uint32_t>(parts[2].size());
    records = to_record(layout, RecordKind::head);
    for (std::size_t at = 0; at < parts[1].size(); at += piece_bytes)
        append_record(records, RecordKind::content, parts[1].substr(at, piece_bytes));
    if (!parts[2].empty()) append_record(records, RecordKind::front, parts[2]);
    append_record(records, RecordKind::envelope, parts[0]);
    records += to_record(layout, RecordKind::closing);
    while (!input.empty()) {
        const auto end = input.find('\xff');
        append_record(records, RecordKind::event, input.substr(0, end));
        input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    }
    return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_file(bytes);
    if (size < max_body_bytes) try_file(built(bytes));
    return 0;
}
