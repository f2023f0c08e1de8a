// Base subjects of any text, and threads of any messages: the input is read as a mailbox of small ids and subjects.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/imap/base_subject.h"
#include "lib/imap/message_id_hash.h"
#include "lib/imap/thread.h"
#include "lib/mime/collation.h"
#include "lib/mime/message_id.h"

using namespace posthouse;
using namespace posthouse::imap;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_subject(std::string_view value) {
    const BaseSubject base = base_subject(value);
    require(ascii::is_utf8(base.text) && !base.text.starts_with(' ') && !base.text.ends_with(' '));
    require(ascii::is_utf8(mime::casemap_key(base.text)));
}

void try_ids(std::string_view value) {
    mime::MessageIdReader reader(value);
    for (auto id = reader.next(); !id.empty(); id = reader.next()) {
        const std::string normal = mime::normal_message_id(id);
        require(normal.size() <= id.size() && (message_id_hash(normal) == 0) == normal.empty());
    }
}

/// Each message is there once, and parentheses balance.
void check(const std::vector<ThreadMessage>& messages, const Threads& threads) {
    std::string out;
    append_threads(out, threads);
    std::vector<bool> seen(messages.size() + 1);
    std::size_t count = 0;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == '(') ++depth;
        if (out[i] == ')') require(depth-- > 0);
        if (!ascii::is_digit(out[i])) continue;
        std::size_t number = 0;
        for (; ascii::is_digit(out[i]); ++i) number = number * 10 + static_cast<std::size_t>(out[i] - '0');
        --i;
        require(number >= 1 && number <= messages.size() && !seen[number]);
        seen[number] = true;
        ++count;
    }
    require(depth == 0 && count == messages.size());
}

/// A message is a byte each for its id, date and subject, and up to 7 references.
void try_threads(std::string_view bytes) {
    std::vector<std::vector<MessageIdHash>> references;
    std::vector<ThreadMessage> messages;
    while (bytes.size() >= 3 && messages.size() < 300) {
        ThreadMessage message;
        message.number = static_cast<std::uint32_t>(messages.size() + 1);
        message.id = static_cast<unsigned char>(bytes[0]) % 32;
        message.sent = message.arrival = static_cast<unsigned char>(bytes[1]) % 8;
        message.subject = bytes.substr(2, static_cast<unsigned char>(bytes[2]) % 2);
        message.is_reply = (static_cast<unsigned char>(bytes[2]) & 0x80U) != 0;
        const std::size_t count = std::min<std::size_t>(static_cast<unsigned char>(bytes[2]) / 2 % 8, bytes.size() - 3);
        std::vector<MessageIdHash> ids;
        for (const char c : bytes.substr(3, count)) ids.push_back(static_cast<unsigned char>(c) % 32);
        references.push_back(std::move(ids));
        bytes.remove_prefix(3 + count);
        messages.push_back(message);
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
        messages[i].references = MessageIdHashes(
            {reinterpret_cast<const char*>(references[i].data()), references[i].size() * sizeof(MessageIdHash)});
    }
    check(messages, thread_by_references(messages));
    check(messages, thread_by_refs(messages));
    check(messages, thread_by_subject(messages));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_subject(text);
    try_ids(text);
    try_threads(text);
    return 0;
}
