// Fuzzes the reading of commands: lines and literals through the reader, then every argument parser on the result.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/imap/command.h"
#include "lib/imap/command_reader.h"

using namespace posthouse::imap;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

template <typename... C>
void parse_all(const CommandHead& head) {
    (static_cast<void>(parse_arguments<C>(head)), ...);
}

void parse(std::string_view command) {
    // What follows a message reads as a section at most one way.
    for (const AppendPlace place : {AppendPlace::message, AppendPlace::utf8, AppendPlace::list}) {
        const auto section = parse_append_section(command, place);
        if (section) require(section->steps.size() <= kMaxAppendSteps + 2);
    }
    const auto head = read_head(command);
    if (!head) return;
    require(head->tag == recover_tag(command));
    parse_all<NoArguments, Authenticate, Login, Id, Enable, Compress, Select, Create, MailboxArgument, Rename, Status,
              List, Lsub, Append, Replace, Store, Copy, UidExpunge, Sort, Thread, CancelUpdate, Notify, SetAcl,
              AclIdentifier, QuotaRoot, SetQuota, GetMetadata, SetMetadata>(*head);
    if (const auto search = parse_arguments<Search>(*head)) {
        require(search->extended == (search->returns != 0));
    }
    if (const auto search = parse_arguments<Esearch>(*head)) {
        require(search->extended && search->by_uid && search->returns != 0);
    }
    if (const auto fetch = parse_arguments<Fetch>(*head)) {
        require(!fetch->items.empty());
        // A section that was read is printed so that it reads as the same section.
        for (const FetchItem& item : fetch->items) {
            using Kind = FetchItem::Kind;
            if (item.kind != Kind::body_section && item.kind != Kind::binary && item.kind != Kind::binary_size)
                continue;
            FetchItem whole = item;
            whole.partial.reset();
            std::string again = "a FETCH 1 ";
            append_item_name(again, whole);
            const auto second = parse_arguments<Fetch>(*read_head(again));
            require(second && second->items.front().section == item.section);
        }
        for (const std::uint32_t largest : {0u, 1u, 1000u}) {
            const auto ranges = fetch->messages.resolve(largest);
            for (std::size_t i = 1; i < ranges.size(); ++i) require(ranges[i - 1].last + 1 < ranges[i].first);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    CommandReader reader(kBoundsAfterLogin);
    while (!input.empty()) {
        const auto end = std::min(input.find("\r\n"), input.size());
        const std::string_view line = input.substr(0, end);
        input.remove_prefix(std::min(input.size(), end + 2));
        const auto next = reader.add_line(line);
        if (const auto* literal = std::get_if<CommandReader::ReadLiteral>(&next)) {
            const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(literal->size, input.size()));
            if (literal->destination == CommandReader::ReadLiteral::Destination::command) {
                reader.add_literal(input.substr(0, length));
            } else {
                reader.message_done();
            }
            input.remove_prefix(length);
            continue;
        }
        if (std::holds_alternative<CommandReader::Complete>(next)) parse(reader.bytes());
        reader.reset(kBoundsAfterLogin);
    }
    parse(std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
