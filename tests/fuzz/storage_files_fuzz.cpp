// What storage reads from disk and from clients' mailbox names: parsed, written, and parsed again to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/base/utf7.h"
#include "storage/layout.h"
#include "storage/mailbox_name.h"
#include "storage/maildir_name.h"
#include "storage/refile.h"
#include "storage/repair/keyword_lines.h"
#include "storage/subscriptions.h"
#include "storage/uidlist.h"

using namespace posthouse;
using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_layout(std::string_view text, const Layout& layout) {
    if (const auto name = MailboxName::parse(text)) {
        if (const auto folder = layout.folder(*name)) {
            for (const std::string_view level : ascii::split(*folder, '/'))
                require(level.size() <= 255 && (!layout.is_nested() || level != ".."));
            require(layout.name(*folder).value() == *name);
        }
        if (const auto line = layout.subscription(*name)) require(layout.subscribed(*line).value() == *name);
    }
    if (const auto name = layout.name(text)) require(layout.folder(*name).value() == text);
    if (const auto name = layout.subscribed(text); name && !name->is_inbox())
        require(layout.subscription(*name).value() == text);
}

void try_names(std::string_view text) {
    if (const auto encoded = utf7::encode(text)) require(utf7::decode(*encoded).value() == text);
    if (const auto decoded = utf7::decode(text)) require(utf7::encode(*decoded).value() == text);
    for (const Hierarchy hierarchy : {Hierarchy::maildirpp, Hierarchy::fs})
        for (const Spelling spelling : {Spelling::utf7, Spelling::utf8}) try_layout(text, Layout(hierarchy, spelling));
}

void try_file_name(std::string_view text) {
    const NameFlags flags = flags_of(text);
    const std::string name = name_with_flags(base_of(text), flags);
    require(base_of(name) == base_of(text));
    require(flags_of(name).system == flags.system && flags_of(name).keywords == flags.keywords);
    require(name_with_flags(base_of(name), flags_of(name)) == name);
    static_cast<void>(size_in_name(text, 'S'));
    static_cast<void>(time_in_name(text));
    static_cast<void>(id_in_name(text));
}

void try_repairs(std::string_view text) {
    const BaseChanges changes = parse_refile(text);
    require(parse_refile(to_text(changes)) == changes);
    const KeywordLines keywords = parse_keyword_lines(text);
    const KeywordLines again = parse_keyword_lines(to_text(keywords));
    require(again.names == keywords.names && !again.is_damaged);
    const std::string base = base_with_sizes(base_of(text.substr(0, 255)), 17, 19);
    require(size_in_name(base, 'S') == 17u && size_in_name(base, 'W') == 19u);
}

void try_uidlist(std::string_view text) {
    const auto end = text.find('\n');
    const auto header = parse_uidlist_header(text.substr(0, end));
    if (header && !header->version1) {
        const std::string line = to_line(*header);
        require(parse_uidlist_header(std::string_view(line).substr(0, line.size() - 1)) == header);
    }
    const UidListLines lines = parse_uidlist_lines(text, false, 0);
    require(lines.bytes <= text.size());
    std::string written;
    for (const UidListEntry& entry : lines.entries) written += to_line(entry);
    const UidListLines again = parse_uidlist_lines(written, false, 0);
    require(again.entries == lines.entries && !again.damaged && again.bytes == written.size());
}

void try_subscriptions(std::string_view text) {
    const Subscriptions subscriptions = Subscriptions::parse(text, Layout());
    const std::string written = subscriptions.text();
    require(Subscriptions::parse(written, Layout()).text() == written);
    for (const MailboxName& name : subscriptions.names()) require(!name.text().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_names(text);
    try_file_name(text);
    try_uidlist(text);
    try_repairs(text);
    try_subscriptions(text);
    return 0;
}
