// What the logs of killed processes allow the next look at the tree to find.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/kill_worker.h"

namespace posthouse::storage::crash {

/// A delivery that was not answered: repeated under the same id it must end with one message everywhere.
struct OpenDelivery {
    std::string token;
    std::vector<std::string> guids;  ///< of the INBOXes it was for
};

/// Compares look after look with what was answered between them. Everything that any client was ever told of UIDs
/// is kept for good.
class Judge {
  public:
    /// `after` is what the processes with these logs left of `before`. Fails the test; gives what is to be repeated.
    std::vector<OpenDelivery> judge(const SeenTree& before, const std::vector<std::vector<LogLine>>& logs,
                                    const SeenTree& after);

    /// Counts of all rounds, for whoever wants to know that something happened.
    std::size_t answered = 0;
    std::size_t interrupted = 0;

  private:
    void remember(const SeenTree& tree);
    void note_uid(const std::string& guid, std::uint32_t uid, const std::string& token);

    std::map<std::pair<std::string, std::uint32_t>, std::string> tokens_;      ///< GUID and UID: the message
    std::map<std::string, std::uint32_t> next_;                                ///< GUID: UIDNEXT can't be below
    std::map<std::string, std::uint32_t> validity_;                            ///< GUID: UIDVALIDITY
    std::map<std::pair<std::size_t, std::string>, std::uint32_t> by_name_;     ///< account, name: last UIDVALIDITY
    std::map<std::pair<std::size_t, std::string>, std::string> guid_of_name_;  ///< and the GUID it belongs to
};

}  // namespace posthouse::storage::crash
