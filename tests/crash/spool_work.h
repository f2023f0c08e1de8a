// What is done with a queue while it is killed, loses its power or its disk: a script of steps, a model of what each
// does, and the comparison of a queue on disk with the model.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "queued/spool/spool.h"
#include "tests/crash/system_calls.h"

namespace posthouse::spool::crash {

struct Step {
    enum Kind { accept, drop, record, defer, hold, release, remove, look };
    Kind kind;
    std::string id;
    std::vector<Event> events = {};  ///< record; hold and release have one
    std::int64_t due = 0;            ///< defer, release
    std::size_t content_bytes = 0;   ///< accept, drop
    bool is_reserved = false;        ///< accept, drop: room is reserved first
};

/// Messages of all sizes with one recipient and several, each through its life.
std::vector<Step> script();
/// The message and its envelope that a step of that id accepts.
Envelope envelope_of(const std::string& id);
std::string front_of(const std::string& id);
const std::string& content_of(const std::string& id, std::size_t bytes);

/// How far a step got.
enum class Progress : std::uint8_t {
    not_begun,
    open,      ///< begun, or failed: it may have had its effect, or a part of it
    answered,  ///< it succeeded
};

/// Does the steps below `root`, each with the queue opened anew, as smtpd and queued would. `progress` is written as it
/// goes. A step that fails is tried once more; if it fails again, the work ends. Gives the last error's text.
std::string work(const std::string& root, const std::vector<Step>& steps, Progress* progress);

struct ModelMessage {
    Envelope envelope;
    std::string message;
    bool is_held = false;
    bool is_removed = false;
    std::vector<RecipientState> states;
};
/// By id.
using Model = std::map<std::string, ModelMessage>;

/// Whether the power failed: then what was not synced may be as before.
enum class After { kill, power_loss };
/// Fails the test unless the queue holds what the steps that were answered made of it, with or without the one that is
/// open; then goes on working with it.
void judge(const std::string& root, const std::vector<Step>& steps, const std::vector<Progress>& progress, After after);

/// A tap in front of another one, on a file system that has no unnamed files.
class WithoutUnnamed : public storage::crash::Tap {
  public:
    explicit WithoutUnnamed(storage::crash::Tap& next) : next_(next) {}
    int before(const storage::crash::Call& call) override;
    void after(const storage::crash::Call& call, long result) override { next_.after(call, result); }

  private:
    storage::crash::Tap& next_;
};

}  // namespace posthouse::spool::crash
