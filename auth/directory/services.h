// Services: lists of what somebody may log in to, as virtual_users.services and app_passwords.scope hold them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// The services of Posthouse. `http` is webmail.
inline constexpr std::array<std::string_view, 4> known_services{"imap", "pop3", "smtp", "http"};

/// Names separated by spaces or commas, without regard to case; empty: all services. What is named may be the service
/// of another program too ("sieve").
class Services {
  public:
    Services() = default;
    explicit Services(std::string list) : list_(std::move(list)) {}
    /// Of what people type: names of known_services, or `all` alone. Errors: invalid.
    static Result<Services> parse(std::string_view text);

    /// Whether all are meant.
    bool all() const { return names().empty(); }
    /// `service` as a daemon calls its own: submission and submissions are smtp, and a name that ends in s for TLS is
    /// the one without.
    bool allow(std::string_view service) const;
    std::vector<std::string_view> names() const;
    /// As it is stored.
    const std::string& text() const { return list_; }

  private:
    std::string list_;
};

}  // namespace posthouse::auth
