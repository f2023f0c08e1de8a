// The queries behind Lookups: those of our own tables, or those of the configuration.
#pragma once

#include "lib/config/config.h"
#include "lib/config/lookup_query.h"

namespace posthouse::auth {

/// Which tables the database has.
enum class Tables {
    posthouse,  ///< ours (schema_steps.cpp); the command line may change them
    foreign,    ///< of another program: only the configured look-ups are made, nothing is written
};

/// What each gives: parameters.def tells it, beside the parameter of the same name.
struct LookupQueries {
    config::LookupQuery domain;
    config::LookupQuery relay_domain;
    config::LookupQuery relay_recipient;
    config::LookupQuery user;
    config::LookupQuery app_passwords;
    config::LookupQuery alias;
    config::LookupQuery domain_alias;
    config::LookupQuery responsible;
    config::LookupQuery list;  ///< lists are ours alone: no parameter replaces it, nor the following
    config::LookupQuery list_posters;
    config::LookupQuery sender;
    config::LookupQuery transport;
    config::LookupQuery users;
};

/// The queries of our own tables.
const LookupQueries& own_queries();
/// Those of the configuration; where it has none, of our own tables if the database has these. Errors: invalid, with
/// the parameter's name.
Result<LookupQueries> configured_queries(const config::Config& config);

}  // namespace posthouse::auth
