// Unpredictable bytes from the kernel, and ids made of them.
#include "lib/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/base/hex.h"

namespace posthouse {
namespace {

// Crockford's base 32: no letters that look like digits.
constexpr std::string_view id_digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 16;

}  // namespace

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    std::size_t done = 0;
    while (done < count) {
        const ssize_t n = ::getrandom(out.data() + done, count - done, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) std::abort();
        done += static_cast<std::size_t>(n);
    }
    return out;
}

std::string random_hex(std::size_t count) { return hex::encode(random_bytes(count)); }

std::string make_id() {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    std::string id;
    auto time = static_cast<std::uint64_t>(now.count());
    for (int shift = 40; shift >= 0; shift -= 5) id += id_digits[time >> shift & 31];
    for (const char c : random_bytes(7)) id += id_digits[static_cast<unsigned char>(c) & 31];
    return id;
}

std::string make_id(std::string_view bytes) {
    std::string id;
    for (const char c : bytes.substr(0, id_length)) id += id_digits[static_cast<unsigned char>(c) & 31];
    return id;
}

bool is_id(std::string_view text) {
    return text.size() == id_length && text.find_first_not_of(id_digits) == std::string_view::npos;
}

}  // namespace posthouse
