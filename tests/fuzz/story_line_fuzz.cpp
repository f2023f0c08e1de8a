// Lines of the story: what is read is written in a form that is read the same, within its bounds.
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/story/event.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Anything as a value.
    story::Event event{.time = 1, .id = "id", .daemon = "d", .fields = {{"value", std::string(text)}}};
    const std::string line = story::to_line(event);
    require(line.size() <= story::max_line && ascii::is_ascii(line) && line.find('\n') == line.size() - 1);
    const auto again = story::parse_line(line);
    require(again && again->id == "id");
    if (!again->fields.empty() && size <= story::max_value && ascii::is_utf8(text))
        require(again->fields[0].second == text);

    const auto read = story::parse_line(text);
    if (!read) return 0;
    require(read->fields.size() <= story::max_fields);
    const std::string written = story::to_line(*read);
    require(written.size() <= story::max_line && ascii::is_ascii(written));
    return 0;
}
