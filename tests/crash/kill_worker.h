// A process of the kill test: does one thing after the other, and writes down what it begins and what was answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/tree.h"

namespace posthouse::storage::crash {

/// What all processes of a round share.
struct Round {
    Settings settings;
    std::vector<AccountName> accounts;
    unsigned number = 0;
    SeenTree before;                     ///< each process knows its own messages of it
    const volatile int* stop = nullptr;  ///< set: end after the step under way
};

/// One line of a process's log. "B" begins, "A" was answered with success, "F" with an error.
///   deliver TOKEN GUID...            append GUID FLAGS TOKEN...  A: UID...
///   flags GUID UID=FLAGS...          copy, move GUID TARGET UID...  A: UID=UID...
///   expunge GUID UID...              create ACCOUNT NAME  A: GUID
///   rename ACCOUNT FROM TO           delete ACCOUNT NAME GUID
///   subscribe, unsubscribe ACCOUNT NAME           look GUID  A: UIDNEXT
///   annotate GUID ENTRY VALUE                     grant GUID IDENTIFIER RIGHTS
struct LogLine {
    char state = 'B';
    std::vector<std::string> words;
};
std::vector<LogLine> parse_log(const std::string& text);

/// Works until told to stop, or for `steps`; then ends the process with 0. Messages of worker `number` have tokens that
/// begin with "<number>-": only it flags, copies, moves and removes them.
[[noreturn]] void work(const Round& round, std::size_t number, unsigned seed, int steps, int log);

}  // namespace posthouse::storage::crash
