// Credentials: who this server is to another one.
#pragma once

#include <string>

#include "lib/base/secret.h"

namespace posthouse::transfer {

struct Credentials {
    std::string user;
    Secret password;
};

}  // namespace posthouse::transfer
