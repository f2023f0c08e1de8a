// Errors of single messages, kept or told.
#include "cli/queue_errors.h"

#include <ostream>

#include "cli/table.h"

namespace posthouse::cli {

void QueueErrors::add(const std::string& id, const Error& error) {
    const Exit exit = exit_code(error);
    if (exit_ == Exit::ok) exit_ = exit;
    if (context_.json)
        list_.push_back({{"id", id}, {"code", to_string(error.code)}, {"message", error.message()}});
    else
        report(context_, {error.code, id + ": " + error.text, error.detail});
}

void QueueErrors::tell() const {
    for (const nlohmann::json& one : list_)
        context_.err << "posthouse: " << one["id"].get<std::string>() << ": "
                     << printable(one["message"].get<std::string>()) << '\n';
}

}  // namespace posthouse::cli
