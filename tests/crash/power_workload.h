// Everything a user does to his mail, recorded to the last system call, with what was answered and told at which
// moment.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/disk_log.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {

/// One command. The moments are numbers of changes on disk.
struct Step {
    std::string name;
    std::size_t begun = 0;
    std::size_t answered = 0;      ///< OK was sent
    std::size_t told = 0;          ///< and afterwards a client had looked at everything
    bool answer_has_uids = false;  ///< APPENDUID, COPYUID: the new messages' UIDs were in the answer
    SeenTree after = {};
};

struct Recording {
    std::vector<AccountName> accounts;
    std::vector<DiskChange> changes;
    std::vector<Step> steps;
};

/// Works below `root`, an empty folder.
Recording record_work(const Settings& settings, unsigned seed);

/// Compares what is found after the power failed with what had been promised by then, then goes on working a little:
/// no UID and no UIDVALIDITY comes again. `count` is how many changes there had been.
void judge_power_loss(const Recording& recording, std::size_t count, const Settings& settings);

}  // namespace posthouse::storage::crash
