// Fuzzes mailbox names and patterns: what decodes must encode to the same bytes, and the other way round.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/base/utf7.h"
#include "lib/imap/arguments.h"
#include "lib/imap/date_time.h"
#include "lib/imap/list_pattern.h"
#include "lib/imap/strings.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto utf8 = utf7::decode(input)) {
        require(ascii::is_utf8(*utf8));
        require(utf7::encode(*utf8).value_or("") == input);
    }
    if (const auto encoded = utf7::encode(input)) {
        require(ascii::is_ascii(*encoded));
        require(utf7::decode(*encoded).value_or("") == input);
    }
    // The first line is a pattern, the rest a name; a name matches itself, and "*" matches every name.
    const auto end = std::min(input.find('\n'), input.size());
    const std::string_view name = input.substr(std::min(end + 1, input.size()));
    const imap::ListPattern pattern(input.substr(0, std::min<std::size_t>(end, 1000)), '/');
    if (name.size() <= 1000) {
        static_cast<void>(pattern.matches(name));
        require(imap::ListPattern("*", '/').matches(name));
        require(imap::ListPattern("%", '/').matches(name) == (name.find('/') == std::string_view::npos));
        if (name.find_first_of("*%") == std::string_view::npos) require(imap::ListPattern(name, '/').matches(name));
    }
    // A string that was written is read back as it was, but for NUL.
    if (input.find('\0') == std::string_view::npos) {
        std::string written;
        imap::append_astring(written, input);
        imap::Arguments arguments(written);
        require(arguments.astring() == input);
        arguments.end();
        require(!arguments.failed());
    }
    imap::Arguments date(input);
    const imap::DateTime moment = imap::read_date_time(date);
    if (!date.failed()) {
        std::string printed;
        imap::append_date_time(printed, moment);
        imap::Arguments again(printed);
        require(imap::read_date_time(again) == moment);
    }
    return 0;
}
