// The directory in an SQL database, whatever the engine.
#pragma once

#include <memory>

#include "auth/directory/connection.h"
#include "auth/directory/directory.h"

namespace posthouse::auth {

/// The directory behind a connection whose schema has been checked.
std::unique_ptr<Directory> make_sql_directory(std::unique_ptr<Connection> connection);

}  // namespace posthouse::auth
