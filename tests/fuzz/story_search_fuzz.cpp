// What is looked for, and what events are found by: any text as a term, as an event's values, as an event.
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/story/search.h"
#include "lib/story/telling.h"
#include "lib/story/words.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto keys = story::parse_term(text);
    if (keys) require(!keys->empty() && keys->size() <= 2 && keys->front().size() <= story::max_term + 2);

    const auto told = story::parse_line([&] {
        story::Event event =
            story::accept({"id"}, {.sender = text, .recipients = {text, text}, .message_id = text, .remote = text});
        event.daemon = "smtpd";
        return story::to_line(event);
    }());
    require(told.has_value());
    (void)story::in_words(*told);
    // An address is found by itself, once it has been written and read.
    const std::string_view sender = story::field(*told, "sender");
    const bool is_plain = ascii::is_utf8(text) && sender == ascii::trim(text) && !sender.starts_with('<');
    if (keys && keys->front().starts_with("a:") && is_plain) require(story::has_key(*told, *keys));

    if (const auto event = story::parse_line(text)) {
        const std::vector<std::string> own = story::keys_of(*event);
        require(!own.empty() && story::has_key(*event, own));
        (void)story::in_words(*event);
    }
    return 0;
}
