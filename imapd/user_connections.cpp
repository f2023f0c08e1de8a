// Counts the sessions of each user.
#include "imapd/user_connections.h"

namespace posthouse::imapd {

UserConnections::Place& UserConnections::Place::operator=(Place&& other) noexcept {
    if (this == &other) return *this;
    leave();
    of_ = std::exchange(other.of_, nullptr);
    user_ = std::move(other.user_);
    return *this;
}

void UserConnections::Place::leave() {
    if (of_ == nullptr) return;
    const auto entry = of_->counts_.find(user_);
    if (--entry->second == 0) of_->counts_.erase(entry);
    of_ = nullptr;
}

std::optional<UserConnections::Place> UserConnections::take(const std::string& user, std::size_t most) {
    if (count(user) >= most) return std::nullopt;
    ++counts_[user];
    return Place(*this, user);
}

std::size_t UserConnections::count(const std::string& user) const {
    const auto entry = counts_.find(user);
    return entry == counts_.end() ? 0 : entry->second;
}

}  // namespace posthouse::imapd
