// Linking messages by References. Ids become numbers by sorting, which no choice of ids makes slow; loops are found by
// joining sets, as a child that is linked is always the root of its tree.
#include "lib/imap/reference_links.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace posthouse::imap {
namespace {

constexpr std::uint32_t none = Threads::none;

/// The first and the last of the references, as many as there is room for.
template <typename Visit>
void visit_references(const MessageIdHashes& references, std::size_t most, Visit visit) {
    const std::size_t count = references.size();
    if (count <= most) {
        for (std::size_t i = 0; i < count; ++i) visit(references[i]);
        return;
    }
    for (std::size_t i = 0; i < most / 2; ++i) visit(references[i]);
    for (std::size_t i = count - (most - most / 2); i < count; ++i) visit(references[i]);
}

/// Where an id stands: message i's own is at place i, references follow.
struct Occurrence {
    MessageIdHash id;
    std::uint32_t place;
};

/// Brings equal ids together; places of one id stay in their order. By digits, from the last one: a fifth of what
/// comparing costs when there are some 100,000.
void sort_by_id(std::vector<Occurrence>& occurrences) {
    constexpr unsigned digit_bits = 11;
    constexpr std::size_t digits = std::size_t{1} << digit_bits;
    if (occurrences.size() < digits) {
        std::ranges::sort(occurrences, {}, [](const Occurrence& one) { return std::pair(one.id, one.place); });
        return;
    }
    std::vector<Occurrence> sorted(occurrences.size());
    for (unsigned shift = 0; shift < 8 * sizeof(MessageIdHash); shift += digit_bits) {
        std::vector<std::size_t> place(digits);
        for (const Occurrence& one : occurrences) ++place[one.id >> shift & (digits - 1)];
        std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
        for (const Occurrence& one : occurrences) sorted[place[one.id >> shift & (digits - 1)]++] = one;
        occurrences.swap(sorted);
    }
}

class Linker {
  public:
    explicit Linker(std::span<const ThreadMessage> messages) : messages_(messages) {}

    ReferenceLinks run() {
        number_ids();
        link_own();
        link_others();
        return prune();
    }

  private:
    std::uint32_t message_count() const { return static_cast<std::uint32_t>(messages_.size()); }
    std::span<const std::uint32_t> references_of(std::uint32_t message) const {
        return std::span(nodes_).subspan(first_reference_[message],
                                         first_reference_[message + 1] - first_reference_[message]);
    }

    /// Gives each message its node (its index), and each id that is no message's but named twice one of the following.
    /// An id that is named once and no message's can't link anything.
    void number_ids() {
        std::size_t total = 0;
        for (const ThreadMessage& message : messages_) total += message.references.size();
        const std::size_t most =
            total <= kMaxThreadReferences ? total : std::max<std::size_t>(2, kMaxThreadReferences / messages_.size());
        std::vector<Occurrence> occurrences;
        occurrences.reserve(messages_.size() + std::min(total, kMaxThreadReferences));
        for (std::uint32_t i = 0; i < message_count(); ++i) {
            if (messages_[i].id != 0) occurrences.push_back({messages_[i].id, i});
        }
        std::uint32_t place = message_count();
        for (const ThreadMessage& message : messages_) {
            first_reference_.push_back(place - message_count());
            visit_references(message.references, most, [&](MessageIdHash id) { occurrences.push_back({id, place++}); });
        }
        first_reference_.push_back(place - message_count());
        sort_by_id(occurrences);  // places ascend already
        nodes_.assign(place - message_count(), none);
        std::uint32_t next_node = message_count();
        for (std::size_t begin = 0, end = 0; begin < occurrences.size(); begin = end) {
            while (end < occurrences.size() && occurrences[end].id == occurrences[begin].id) ++end;
            // Of messages with the same id the first has it; the others are nobody's parents.
            std::uint32_t node = occurrences[begin].place;
            if (node >= message_count()) {
                if (end - begin < 2) continue;
                node = next_node++;
            }
            for (std::size_t i = begin; i < end; ++i) {
                if (occurrences[i].place >= message_count()) nodes_[occurrences[i].place - message_count()] = node;
            }
        }
        parent_.assign(next_node, none);
        set_.resize(next_node);
        std::iota(set_.begin(), set_.end(), 0U);
    }

    std::uint32_t find(std::uint32_t node) {
        while (set_[node] != node) node = set_[node] = set_[set_[node]];
        return node;
    }

    /// `child` has no parent yet. Nothing when it would be its own ancestor.
    void link(std::uint32_t parent, std::uint32_t child) {
        const std::uint32_t above = find(parent);
        const std::uint32_t below = find(child);
        if (above == below) return;
        set_[below] = above;
        parent_[child] = parent;
    }

    /// Step 1.B: a message's last reference is its parent.
    void link_own() {
        for (std::uint32_t i = 0; i < message_count(); ++i) {
            const auto references = references_of(i);
            const auto last =
                std::find_if(references.rbegin(), references.rend(), [](std::uint32_t node) { return node != none; });
            if (last != references.rend()) link(*last, i);
        }
    }

    /// Step 1.A: each reference is the parent of the next. What is said of a later message doesn't count, as that
    /// message breaks the link when its turn comes.
    void link_others() {
        for (std::uint32_t i = 0; i < message_count(); ++i) {
            std::uint32_t before = none;
            for (const std::uint32_t node : references_of(i)) {
                if (node == none) continue;
                const bool free = parent_[node] == none && (node >= message_count() || node < i);
                if (before != none && free) link(before, node);
                before = node;
            }
        }
    }

    /// Steps 2 and 3: children of dummies go up to the next message, else to the outermost dummy, which stays if it has
    /// more than one.
    ReferenceLinks prune() {
        const std::uint32_t count = message_count();
        std::vector<std::uint32_t> top(parent_.size(), none);  // of a dummy: who takes its children
        std::vector<std::uint32_t> path;
        ReferenceLinks links;
        links.parent.assign(count, none);
        std::vector<std::uint32_t> children(parent_.size(), 0);
        for (std::uint32_t i = 0; i < count; ++i) {
            std::uint32_t node = parent_[i];
            if (node == none) continue;
            path.clear();
            while (node >= count && top[node] == none && parent_[node] != none) {
                path.push_back(node);
                node = parent_[node];
            }
            if (node >= count && top[node] != none) node = top[node];
            for (const std::uint32_t passed : path) top[passed] = node;
            links.parent[i] = node;
            ++children[node];
        }
        std::vector<std::uint32_t> dummy(parent_.size() - count, none);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t node = links.parent[i];
            if (node == none || node < count) continue;
            std::uint32_t& number = dummy[node - count];
            if (children[node] > 1 && number == none) number = count + links.dummies++;
            links.parent[i] = number;
        }
        links.thread.resize(count);
        for (std::uint32_t i = 0; i < count; ++i) links.thread[i] = find(i);
        return links;
    }

    std::span<const ThreadMessage> messages_;
    std::vector<std::uint32_t> first_reference_;  ///< in nodes_, of each message, and of the end
    std::vector<std::uint32_t> nodes_;            ///< of the references; none: links nothing
    std::vector<std::uint32_t> parent_;           ///< of each node
    std::vector<std::uint32_t> set_;              ///< another node of the same tree, or the node itself
};

}  // namespace

ReferenceLinks link_by_references(std::span<const ThreadMessage> messages) { return Linker(messages).run(); }

}  // namespace posthouse::imap
