// UserConnections: how many sessions each user has in this process.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace posthouse::imapd {

/// Belongs to the loop's thread; outlives the places that it gives out.
class UserConnections {
  public:
    /// One session's place, given back when this is destroyed.
    class Place {
      public:
        Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), user_(std::move(other.user_)) {}
        Place& operator=(Place&& other) noexcept;
        ~Place() { leave(); }

      private:
        friend class UserConnections;
        Place(UserConnections& of, std::string user) : of_(&of), user_(std::move(user)) {}
        void leave();

        UserConnections* of_;
        std::string user_;
    };

    UserConnections() = default;
    UserConnections(const UserConnections&) = delete;
    UserConnections& operator=(const UserConnections&) = delete;

    /// A place for one more session; nothing: the user has `most` already.
    std::optional<Place> take(const std::string& user, std::size_t most);
    std::size_t count(const std::string& user) const;

  private:
    std::unordered_map<std::string, std::size_t> counts_;  ///< no user has 0
};

}  // namespace posthouse::imapd
