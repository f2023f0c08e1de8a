// What is told of a message in the queue: the same by list and by show.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "cli/queue_attempts.h"
#include "queued/spool/spool.h"

namespace posthouse::cli {

/// The document of a message, which `attempts` to deliver go on of; its keys are described in
/// docs/man/posthouse-queue.md.
nlohmann::ordered_json queue_document(const spool::Listed& listed, std::span<const Attempt> attempts);
/// The same of a file that can't be read: what isn't known of it is empty.
nlohmann::ordered_json queue_document(const spool::Place& place, const Error& error);
/// The one of these in which the recipient takes part; null: none.
const Attempt* attempt_for(std::uint32_t recipient, std::span<const Attempt> attempts);
/// Why a recipient waits, for people: "mx.example.net[192.0.2.1]: 450 4.2.0 greylisted".
std::string waiting_reason(const spool::RecipientState& state);

}  // namespace posthouse::cli
