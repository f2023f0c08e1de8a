// Damaged files that are mapped: a fault inside an index marks it before the process dies, so that it doesn't become a
// crash loop; a map that may be lost is replaced.
#pragma once

#include <cstddef>

namespace posthouse::storage {

/// Watches a map: when SIGBUS or SIGSEGV hits it, STATE is unlinked from `folder`, so that the next process makes the
/// index anew, and the signal goes on to whoever handled it before. Gives a slot; no slot left: the map isn't watched.
std::size_t guard_map(const void* map, std::size_t bytes, int folder);
/// Watches a map that may be lost: when SIGBUS hits it (its file was cut short, its disk is full), zeros take its place
/// and the process goes on.
std::size_t guard_spare_map(void* map, std::size_t bytes);
/// Ends it.
void unguard_map(std::size_t slot);

/// This thread works in the index with this folder until it ends: a fault elsewhere is laid to its charge too, for
/// damaged pages lead anywhere.
class InIndex {
  public:
    explicit InIndex(int folder);
    ~InIndex();
    InIndex(const InIndex&) = delete;
    InIndex& operator=(const InIndex&) = delete;

  private:
    int before_;
};

}  // namespace posthouse::storage
