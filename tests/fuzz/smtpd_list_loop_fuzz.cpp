// Any text as the header of a message to a list, whose address is the first line: what the list wrote into it is found
// again, in front of whatever else there is; and it makes no difference in what pieces the header came.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "lib/smtp/internationalized.h"
#include "smtpd/delivery/delivered_to.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

smtpd::HeaderCollector collected(std::string_view content, std::size_t piece) {
    smtpd::HeaderCollector header;
    for (; !content.empty(); content.remove_prefix(std::min(piece, content.size())))
        header.feed(content.substr(0, piece));
    return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view content = input.substr(std::min(end + 1, input.size()));
    const smtpd::HeaderCollector header = collected(content, content.size());
    for (const std::size_t piece : {1U, 7U}) require(collected(content, piece).text() == header.text());
    require(header.text().size() <= smtpd::HeaderCollector::max_size);

    smtpd::Transaction transaction;
    transaction.targets.emplace_back();
    require(!smtpd::list_loop(transaction, header));

    const auto list = smtp::parse_mailbox(input.substr(0, end), smtp::Utf8::allowed);
    if (!list) return 0;
    transaction.targets.back().lists = std::make_shared<const std::vector<std::string>>(1, list->to_string());
    const auto found = smtpd::list_loop(transaction, header);
    if (found) require(found->reply.code == 554);
    const std::string fields = smtpd::delivered_to_fields(transaction, true);
    require(smtpd::list_loop(transaction, collected(fields + std::string(content), 4096)).has_value());
    return 0;
}
