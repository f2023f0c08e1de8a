// A server's side of SCRAM, as a client hears it: answered within bounds, and believed only if it knows the password.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "lib/sasl/scram_login.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto end = std::min(text.find('\n'), text.size());
    auto login = sasl::ScramLogin::begin(sasl::ScramHash::sha_256, "user", "rOprNGfwEbeRWgbNEkqO");
    if (!login) std::abort();
    const std::string_view first = text.substr(0, end);
    // What costs most is not what is looked for here.
    if (first.find(",i=4096") == std::string_view::npos && first.find(",i=") != std::string_view::npos &&
        first.find(",i=") + 8 < first.size())
        return 0;
    const auto answer = login->answer(first, "pencil");
    if (answer && !answer->starts_with("c=biws,r=rOprNGfwEbeRWgbNEkqO")) std::abort();
    if (end < text.size() && login->check(text.substr(end + 1)) && !answer) std::abort();
    return 0;
}
