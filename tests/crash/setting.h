// Numbers that whoever runs the tests may give by an environment variable.
#pragma once

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace posthouse::storage::crash {

/// The variable's number; `otherwise` when it is not set, or none.
inline unsigned setting(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    if (text == nullptr) return otherwise;
    unsigned value = otherwise;
    std::from_chars(text, text + std::string_view(text).size(), value);
    return value;
}

}  // namespace posthouse::storage::crash
