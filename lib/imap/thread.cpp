// THREAD: from links to trees in order.
#include "lib/imap/thread.h"

#include <algorithm>
#include <compare>
#include <numeric>
#include <utility>

#include "lib/imap/reference_links.h"

namespace posthouse::imap {
namespace {

constexpr std::uint32_t none = Threads::none;

/// Messages by sent date; equal ones by sequence number.
std::vector<std::uint32_t> by_sent_date(std::span<const ThreadMessage> messages) {
    struct Dated {
        std::int64_t sent;
        std::uint32_t index;
    };
    std::vector<Dated> dated;
    dated.reserve(messages.size());
    for (std::uint32_t i = 0; i < messages.size(); ++i) dated.push_back({messages[i].sent, i});
    std::ranges::sort(
        dated, [](const Dated& a, const Dated& b) { return a.sent != b.sent ? a.sent < b.sent : a.index < b.index; });
    std::vector<std::uint32_t> order;
    order.reserve(dated.size());
    for (const Dated& message : dated) order.push_back(message.index);
    return order;
}

/// Threads under construction: the parent of each item (ReferenceLinks). A dummy stands where its first child would.
class Forest {
  public:
    Forest(std::span<const ThreadMessage> messages, ReferenceLinks links)
        : messages_(messages),
          order_(by_sent_date(messages)),
          parent_(std::move(links.parent)),
          dummies_(links.dummies),
          thread_(std::move(links.thread)) {}

    /// Steps 4 and 5 of REFERENCES: outermost items of the same subject become one thread.
    void gather_by_subject() {
        std::vector<Outermost> found = outermost();
        std::erase_if(found, [](const Outermost& item) { return item.subject.empty(); });
        std::ranges::sort(found, [](const Outermost& a, const Outermost& b) {
            const auto order = a.subject <=> b.subject;
            return order != std::strong_ordering::equal ? order == std::strong_ordering::less : a.place < b.place;
        });
        for (auto begin = found.begin(); begin != found.end();) {
            const auto end =
                std::find_if(begin, found.end(), [&](const Outermost& item) { return item.subject != begin->subject; });
            if (end - begin > 1) gather(std::span(begin, end));
            begin = end;
        }
        for (std::uint32_t& parent : parent_) {
            if (is_dummy(parent) && parent - count() < merged_.size() && merged_[parent - count()] != none) {
                parent = merged_[parent - count()];
            }
        }
    }

    /// Step 6: all siblings by sent date; the outermost by latest arrival instead, if `by_arrival`.
    Threads build(bool by_arrival) {
        Threads threads;
        threads.nodes.resize(count() + dummies_);
        for (std::uint32_t i = 0; i < count(); ++i) threads.nodes[i].number = messages_[i].number;
        std::vector<std::uint32_t> first = first_children();
        std::vector<std::uint32_t> roots;
        for (std::size_t i = order_.size(); i-- > 0;) {
            const std::uint32_t item = order_[i];
            const std::uint32_t parent = parent_[item];
            if (parent == none) {
                roots.push_back(item);
                continue;
            }
            threads.nodes[item].next_sibling = threads.nodes[parent].first_child;
            threads.nodes[parent].first_child = item;
            if (is_dummy(parent) && first[parent - count()] == item) roots.push_back(parent);
        }
        if (by_arrival) sort_by_arrival(roots, first);
        for (const std::uint32_t root : roots) {
            threads.nodes[root].next_sibling = threads.first;
            threads.first = root;
        }
        return threads;
    }

  private:
    struct Outermost {
        std::uint32_t item;
        std::size_t place;  ///< in the order of step 4
        std::string_view subject;
        bool is_reply;
    };

    std::uint32_t count() const { return static_cast<std::uint32_t>(messages_.size()); }
    bool is_dummy(std::uint32_t item) const { return item != none && item >= count(); }

    /// Of each dummy, by sent date.
    std::vector<std::uint32_t> first_children() const {
        std::vector<std::uint32_t> first(dummies_, none);
        for (const std::uint32_t item : order_) {
            if (is_dummy(parent_[item]) && first[parent_[item] - count()] == none)
                first[parent_[item] - count()] = item;
        }
        return first;
    }

    std::vector<Outermost> outermost() const {
        const std::vector<std::uint32_t> first = first_children();
        std::vector<Outermost> found;
        for (const std::uint32_t item : order_) {
            const std::uint32_t parent = parent_[item];
            const bool stands_for_dummy = is_dummy(parent) && first[parent - count()] == item;
            if (parent != none && !stands_for_dummy) continue;
            found.push_back(
                {stands_for_dummy ? parent : item, found.size(), messages_[item].subject, messages_[item].is_reply});
        }
        return found;
    }

    /// Items of one subject, in their order: steps 5.B and 5.C.
    void gather(std::span<const Outermost> items) {
        Outermost table = items.front();
        for (const Outermost& item : items) {
            if (!is_dummy(table.item) && (is_dummy(item.item) || (table.is_reply && !item.is_reply))) table = item;
        }
        const std::uint32_t original = table.item;
        for (const Outermost& item : items) {
            if (item.item == original) continue;
            if (is_dummy(table.item) && is_dummy(item.item)) {
                merged_.resize(dummies_, none);
                merged_[item.item - count()] = table.item;
            } else if (is_dummy(table.item) || (item.is_reply && !table.is_reply)) {
                parent_[item.item] = table.item;
            } else {
                const std::uint32_t dummy = count() + dummies_++;
                parent_[table.item] = parent_[item.item] = dummy;
                table.item = dummy;
            }
        }
    }

    /// Latest last; `roots` is reversed, as it is to be put together from its end.
    void sort_by_arrival(std::vector<std::uint32_t>& roots, const std::vector<std::uint32_t>& first) const {
        std::vector<std::int64_t> latest(1 + *std::ranges::max_element(thread_), INT64_MIN);
        for (std::uint32_t i = 0; i < count(); ++i) {
            latest[thread_[i]] = std::max(latest[thread_[i]], messages_[i].arrival);
        }
        struct Arrived {
            std::int64_t latest;
            std::size_t place;
            std::uint32_t root;
        };
        std::vector<Arrived> arrived;
        arrived.reserve(roots.size());
        for (const std::uint32_t root : roots) {
            const std::uint32_t message = is_dummy(root) ? first[root - count()] : root;
            arrived.push_back({latest[thread_[message]], arrived.size(), root});
        }
        std::ranges::sort(arrived, [](const Arrived& a, const Arrived& b) {
            return a.latest != b.latest ? a.latest > b.latest : a.place < b.place;
        });
        std::ranges::transform(arrived, roots.begin(), &Arrived::root);
    }

    std::span<const ThreadMessage> messages_;
    std::vector<std::uint32_t> order_;  ///< messages by sent date
    std::vector<std::uint32_t> parent_;
    std::uint32_t dummies_;
    std::vector<std::uint32_t> thread_;
    std::vector<std::uint32_t> merged_;  ///< of dummies: the one that has their children now
};

}  // namespace

Threads thread_by_subject(std::span<const ThreadMessage> messages) {
    ReferenceLinks links;
    links.parent.assign(messages.size(), none);
    std::vector<std::uint32_t> order(messages.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
        const auto subjects = messages[a].subject <=> messages[b].subject;
        if (subjects != std::strong_ordering::equal) return subjects == std::strong_ordering::less;
        return messages[a].sent != messages[b].sent ? messages[a].sent < messages[b].sent : a < b;
    });
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
        if (messages[order[i]].subject == messages[order[first]].subject) {
            links.parent[order[i]] = order[first];
        } else {
            first = i;
        }
    }
    return Forest(messages, std::move(links)).build(false);
}

Threads thread_by_references(std::span<const ThreadMessage> messages) {
    Forest forest(messages, link_by_references(messages));
    forest.gather_by_subject();
    return forest.build(false);
}

Threads thread_by_refs(std::span<const ThreadMessage> messages) {
    if (messages.empty()) return {};
    return Forest(messages, link_by_references(messages)).build(true);
}

void append_threads(std::string& out, const Threads& threads) {
    std::vector<std::uint32_t> lists = {threads.first};  // of the siblings that are open, the next
    while (!lists.empty()) {
        std::uint32_t item = lists.back();
        if (item == none) {
            lists.pop_back();
            if (!lists.empty()) out += ')';
            continue;
        }
        lists.back() = threads.nodes[item].next_sibling;
        out += '(';
        while (true) {
            const Threads::Node& node = threads.nodes[item];
            if (node.number != 0) out += std::to_string(node.number);
            if (node.first_child == none) {
                out += ')';
                break;
            }
            if (node.number != 0) out += ' ';
            if (threads.nodes[node.first_child].next_sibling != none) {
                lists.push_back(node.first_child);
                break;
            }
            item = node.first_child;
        }
    }
}

}  // namespace posthouse::imap
