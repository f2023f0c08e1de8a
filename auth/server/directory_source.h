// DirectorySource: what a pool's connections lead to, for each engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/directory/database.h"

namespace posthouse::auth {

/// Thread-safe.
class DirectorySource {
  public:
    virtual ~DirectorySource() = default;
    /// Names what a connection made now leads to; a connection that leads elsewhere is not used any more. Errors:
    /// unavailable.
    virtual Result<std::string> target() = 0;
    /// Errors: unavailable.
    virtual Result<std::unique_ptr<Directory>> connect(const std::string& target) = 0;
    /// A new connection to `target` could not be made, or broke.
    virtual void failed(const std::string& target, const Error& reason) = 0;
    /// Tries what is away; may take as long as the time-outs say.
    virtual void probe() = 0;

    /// Whether version() tells changes; otherwise what was read is good for a time.
    virtual bool tells_versions() const = 0;
    enum class Opening { allowed, never };
    /// A number that grows whenever the content has changed, whoever changed it; nullopt: it cannot be told now. With
    /// Opening::never it takes some microseconds, and cannot be told unless it was before.
    virtual std::optional<std::uint64_t> version(Opening opening) = 0;
};

/// SQLite: the file, by device and inode, so that one that was replaced is noticed; nothing is ever known to be away,
/// each look-up tries; it tells versions. MariaDB: the first host that is not away; probe() brings back the others.
std::unique_ptr<DirectorySource> make_directory_source(DatabaseSettings settings);

}  // namespace posthouse::auth
