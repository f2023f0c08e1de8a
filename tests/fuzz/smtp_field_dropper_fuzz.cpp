// Any message without its Bcc fields: the same in whatever pieces it came, none is left in its header, and its body and
// all other fields are as they were.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/smtp/field_dropper.h"

using namespace posthouse;

namespace {

constexpr std::array<std::string_view, 1> names{"Bcc"};

void require(bool condition) {
    if (!condition) std::abort();
}

std::string without(std::string_view message, std::size_t piece, std::size_t& dropped) {
    smtp::FieldDropper dropper(names);
    std::string out;
    for (; !message.empty(); message.remove_prefix(std::min(piece, message.size()))) {
        const std::size_t begin = out.size();
        out += message.substr(0, piece);
        dropper.feed(out, begin);
    }
    out += dropper.finish();
    dropped = dropper.dropped();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    std::size_t dropped = 0;
    const std::string whole = without(message, std::max<std::size_t>(size, 1), dropped);
    require(whole.size() <= message.size() && (dropped > 0 || whole == message));
    std::size_t again = 0;
    for (const std::size_t piece : {1U, 5U}) require(without(message, piece, again) == whole && again == dropped);
    require(without(whole, 3, again) == whole && again == 0);
    return 0;
}
