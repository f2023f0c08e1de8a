// Secret: wiped when no longer held.
#include "lib/base/secret.h"

#include <sodium.h>

namespace posthouse {

void wipe(std::string& text) {
    text.resize(text.capacity());
    sodium_memzero(text.data(), text.size());
    text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

// A moved-from short string keeps its bytes in place: copy, then wipe the source.
Secret::Secret(Secret&& other) noexcept : bytes_(std::string_view(other.bytes_)) { wipe(other.bytes_); }

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = other.bytes_;
        wipe(other.bytes_);
    }
    return *this;
}

}  // namespace posthouse
