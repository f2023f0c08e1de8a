// fill_queue SPOOL COUNT: puts so many deferred messages of about 1 KB into a queue, each tried once in vain, to ten
// recipients' domains, due from an hour on over a day. Nothing is synced: it is about what a queue of that size costs.
#include <fcntl.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>

#include "lib/base/file.h"
#include "lib/base/random.h"
#include "queued/spool/event.h"
#include "queued/spool/layout.h"
#include "queued/spool/queue_name.h"
#include "queued/spool/spool.h"

namespace posthouse::spool {
namespace {

[[noreturn]] void give_up(const Error& error) {
    std::cerr << "fill_queue: " << error.message() << '\n';
    std::exit(1);
}

std::string queue_file(const Envelope& envelope, std::string_view content, const Event& event) {
    const std::string text = to_text(envelope);
    Layout layout;
    layout.content_bytes = content.size();
    layout.envelope_bytes = static_cast<std::uint32_t>(text.size());
    std::string bytes = to_record(layout, RecordKind::head);
    append_record(bytes, RecordKind::content, content);
    append_record(bytes, RecordKind::envelope, text);
    bytes += to_record(layout, RecordKind::closing);
    append_record(bytes, RecordKind::event, to_text(event));
    return bytes;
}

void fill(const std::string& root, std::int64_t count) {
    const Result<Spool> spool = Spool::open(root);
    if (!spool) give_up(spool.error());
    const std::int64_t now = std::time(nullptr);
    std::string content = "From: sender@example.org\r\nSubject: deferred\r\n\r\n";
    while (content.size() < 700) content += std::string(68, 'x') + "\r\n";
    for (std::int64_t i = 0; i < count; ++i) {
        Envelope envelope;
        envelope.id = make_id();
        envelope.arrived = now - 600;
        envelope.sender = smtp::parse_mailbox("sender@example.org").value();
        const std::string recipient = "u" + std::to_string(i) + "@d" + std::to_string(i % 10) + ".example";
        envelope.recipients.push_back({.address = smtp::parse_mailbox(recipient).value()});
        const Event event{.kind = EventKind::deferred,
                          .at = now - 590,
                          .recipients = {0},
                          .remote = "mx.example [192.0.2.1]:25",
                          .status = "4.4.1",
                          .reply = "Connection refused"};
        const QueueName name{envelope.id, now + 3600 + i * 86'400 / count};
        const Result<UniqueFd> file = open_file(root + "/deferred/" + to_file_name(name), O_WRONLY | O_CREAT | O_EXCL);
        if (!file) give_up(file.error());
        if (const Result<> written = write_all(file->get(), queue_file(envelope, content, event)); !written)
            give_up(written.error());
        if (i > 0) continue;
        // The first one is read again: what is written here is what queued reads.
        const Result<Listed> listed = spool->look({Folder::deferred, name});
        if (!listed) give_up(listed.error());
    }
}

}  // namespace
}  // namespace posthouse::spool

int main(int argc, char** argv) {
    const std::int64_t count = argc == 3 ? std::atoll(argv[2]) : 0;
    if (count <= 0) {
        std::cerr << "fill_queue SPOOL COUNT\n";
        return 1;
    }
    posthouse::spool::fill(argv[1], count);
}
