// Texts of envelopes and journal events, and names of queue files: what was understood is written and understood again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "queued/spool/envelope.h"
#include "queued/spool/event.h"
#include "queued/spool/queue_name.h"
#include "queued/spool/recipient_state.h"

using namespace posthouse::spool;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto envelope = parse_envelope(text)) {
        require(!envelope->recipients.empty() && envelope->recipients.size() <= max_recipients);
        const auto again = parse_envelope(to_text(*envelope));
        require(again && *again == *envelope);
    }
    if (const auto event = parse_event(text)) {
        const std::string written = to_text(*event);
        const auto again = parse_event(written);
        require(written.size() <= max_event_bytes && again && *again == *event);
        std::vector<RecipientState> states(10);
        const bool possible = may_apply(*event, states);
        apply_event(*event, states);
        for (const std::uint32_t number : event->recipients)
            if (number < states.size() && is_final(event->kind)) require(!states[number].is_due());
        require(!possible || event->recipients.empty() || event->recipients.back() < states.size());
    }
    if (const auto name = parse_file_name(text)) require(to_file_name(*name) == text);
    return 0;
}
