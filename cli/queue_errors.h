// What goes wrong with single messages while a command of `posthouse queue` works on many.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// People are told at once, on standard error; with --json it is kept, for the command prints one document.
class QueueErrors {
  public:
    explicit QueueErrors(Context& context) : context_(context) {}

    /// `id`: the message's.
    void add(const std::string& id, const Error& error);
    /// The first one's; Exit::ok: there was none.
    Exit exit() const { return exit_; }
    /// With --json: a list of {"id", "code", "message"}.
    const nlohmann::json& list() const { return list_; }
    /// Tells people what was kept, where the document has no place for it.
    void tell() const;

  private:
    Context& context_;
    Exit exit_ = Exit::ok;
    nlohmann::json list_ = nlohmann::json::array();
};

}  // namespace posthouse::cli
