// Secret: a password or key that is wiped from memory when it is no longer held, and compared in constant time.
#pragma once

#include <string>
#include <string_view>

namespace posthouse {

/// Wipes the whole capacity of `text` and empties it.
void wipe(std::string& text);
/// Equal, in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

/// Owns secret bytes. Move-only; never print one.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(bytes_); }

    std::string_view view() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }

  private:
    std::string bytes_;
};

}  // namespace posthouse
