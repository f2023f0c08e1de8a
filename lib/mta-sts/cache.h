// Policies on disk: one file for each domain, so that they hold over restarts for as long as they say (RFC 8461 §3.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/mta-sts/policy.h"

namespace posthouse::mta_sts {

/// A policy as it was fetched. Times are seconds since 1970.
struct Cached {
    std::string domain;
    std::string id;            ///< of the record that was there then
    std::int64_t fetched = 0;  ///< when
    std::string text;          ///< the policy, as it came
    Policy policy;             ///< what it says

    /// It holds at `now`. A clock that was set back doesn't end it.
    bool fresh(std::int64_t now) const { return now - fetched < policy.max_age.count(); }
};

/// The content of a file: "posthouse-mta-sts 1", lines `domain`, `id` and `fetched`, an empty line, the policy, and a
/// line with the CRC-32C of all before it.
std::string format_cached(const Cached& cached);
/// Errors: invalid (damaged, or of another version).
Result<Cached> parse_cached(std::string_view content);

/// The files of one folder. Synchronous; may be used by several threads.
class Cache {
  public:
    explicit Cache(std::string folder) : folder_(std::move(folder)) {}
    /// What is kept for a domain, fresh or not; nullopt: nothing, or nothing readable (it is logged).
    std::optional<Cached> load(std::string_view domain) const;
    /// Replaces what is kept for the domain, durably. Errors: limit (a domain of more than 200 bytes, for which nothing
    /// is kept), and those of files.
    Result<> store(const Cached& cached) const;
    Result<> remove(std::string_view domain) const;
    /// Removes what no longer holds, and what is unreadable. Gives the number of files that went.
    std::size_t remove_expired(std::int64_t now) const;

  private:
    std::string path(std::string_view domain) const;
    std::string folder_;
};

}  // namespace posthouse::mta_sts
