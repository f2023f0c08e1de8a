// What differs between the engines' CREATE and ALTER statements.
#pragma once

#include <string>
#include <string_view>

#include "auth/directory/connection.h"

namespace posthouse::auth {

/// `definition` with its words in braces written as the engine wants them:
///   {id}          a number of its own for each row, the primary key
///   {integer}     64 bits
///   {text:N}      at most N characters (SQLite does not count), compared byte by byte, spaces at the end too
///   {now}         the default of a column that says when a row was made, in seconds since 1970
///   {if_missing}  IF NOT EXISTS where a step cannot be undone as a whole (MariaDB): so it can be begun again
///   {table}       what ends CREATE TABLE
std::string in_dialect(Engine engine, std::string_view definition);

}  // namespace posthouse::auth
