// InventedSalts: the salts that SCRAM shows for users who have none, always the same for a name.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::auth {

/// Made of the name and a secret that survives restarts, so that nothing tells an invented salt from a stored one, not
/// even asking again later.
class InventedSalts {
  public:
    /// As long as the salts of keys that Posthouse makes.
    static constexpr std::size_t salt_size = 16;

    /// The secret is in the file `path`, and made when there is none. Without a file that can be read or written it
    /// lasts as long as this object, and the log says so.
    explicit InventedSalts(const std::string& path);
    InventedSalts(const InventedSalts&) = delete;
    InventedSalts& operator=(const InventedSalts&) = delete;
    ~InventedSalts();

    std::string salt_of(std::string_view user) const;

  private:
    std::string secret_;
};

}  // namespace posthouse::auth
