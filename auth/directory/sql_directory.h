// The directory in an SQL database, whatever the engine.
#pragma once

#include <memory>

#include "auth/directory/address.h"
#include "auth/directory/connection.h"
#include "auth/directory/directory.h"
#include "auth/directory/lookup_queries.h"

namespace posthouse::auth {

struct SqlDirectorySettings {
    Tables tables = Tables::posthouse;
    LookupQueries queries = own_queries();
    LocalPart local_part = LocalPart::ignore_case;
};

/// The directory behind a connection whose schema has been checked, unless the tables are foreign.
std::unique_ptr<Directory> make_sql_directory(std::unique_ptr<Connection> connection,
                                              const SqlDirectorySettings& settings = {});

}  // namespace posthouse::auth
