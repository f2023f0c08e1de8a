// maildirsize and the words of quota: whatever they hold, what was understood is written and understood again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "storage/maildirsize.h"
#include "storage/quota.h"

using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto content = parse_maildirsize(text)) {
        require(content->usage.bytes >= 0 && content->usage.messages >= 0);
        require(parse_maildirsize(to_text(*content)) == content);
    }
    const std::string word(text);
    static_cast<void>(posthouse::config::parse_quota_warning(text));
    static_cast<void>(posthouse::config::parse_quota_grace(text));
    if (const auto limits = QuotaLimits::parse({{"*:storage=1G:messages=100", word}, {"storage=80%"}, "10%"})) {
        const MailboxName inbox;
        const QuotaLimit soft = limits->soft(inbox);
        const QuotaLimit hard = limits->hard(inbox);
        require(hard.bytes >= soft.bytes && hard.messages >= soft.messages);
        // What fits into a mailbox fits into an emptier one too.
        if (check({1'000'000, 10}, *limits, inbox, {1000, 1}, LastMail::may_exceed).fits())
            require(check({}, *limits, inbox, {1000, 1}, LastMail::may_exceed).fits());
    }
    return 0;
}
