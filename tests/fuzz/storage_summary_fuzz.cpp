// Summaries of messages: of any bytes as a message they keep their bounds, and any bytes as a record are decoded to
// what encodes to them again, or refused.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/imap/bodystructure.h"
#include "lib/mime/wire.h"
#include "storage/summarise.h"
#include "storage/summary.h"

using namespace posthouse;
using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_record(std::string_view record) {
    if (const auto header = decode_header(record)) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < header->references.size(); ++i) sum += header->references[i];
        const std::string again = encode(*header);
        const auto twice = decode_header(again);
        require(twice.has_value() && encode(*twice) == again && (sum == 0 || !header->references.empty()));
    }
    if (const auto body = decode_body(record)) {
        const std::string again = encode(*body);
        require(decode_body(again).has_value());
        if (body->bodystructure) static_cast<void>(imap::body_of(*body->bodystructure));
    }
}

void try_message(std::string_view stored) {
    UniqueFd file(::memfd_create("message", MFD_CLOEXEC));
    require(::write(file.get(), stored.data(), stored.size()) == static_cast<ssize_t>(stored.size()));
    MessageContent content(std::move(file), stored.size(), mime::wire_size(stored).octets);
    const auto made = Summariser().summarise(content, SummaryParts::both);
    require(made && made->header.size() <= kMaxSummaryRecord && made->body.size() <= kMaxSummaryRecord);
    const auto header = decode_header(made->header);
    const auto body = decode_body(made->body);
    require(header && body && encode(*header) == made->header && encode(*body) == made->body);
    require(body->preview && ascii::is_utf8(*body->preview));
    if (header->header_size) require(*header->header_size <= content.wire_size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_record(text);
    try_message(text);
    return 0;
}
