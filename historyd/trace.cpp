// Putting stories together.
#include "historyd/trace.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace posthouse::history {
namespace {

using story::Event;
using story::Kind;

/// Those of one time stay in their order.
void sort_by_time(std::vector<Event>& events) {
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    for (std::size_t i = 0; i < events.size(); ++i) order.emplace_back(events[i].time, i);
    std::ranges::sort(order);
    std::vector<Event> sorted;
    for (const auto& [time, i] : order) sorted.push_back(std::move(events[i]));
    events = std::move(sorted);
}

/// Events by their id, with those of parents and children as far as they belong to what was found.
class Collection {
  public:
    explicit Collection(Archive& archive) : archive_(archive) {}

    Result<> collect(const std::vector<std::string>& ids);
    std::vector<Story> stories(const std::vector<std::string>& ids) const;

  private:
    using Ids = std::set<std::string, std::less<>>;

    Result<> generation();
    void take(const Event& event, const Ids& some);
    bool is_connection(std::string_view id) const;
    std::string parent_of(std::string_view id) const;
    std::vector<std::string> children_of(std::string_view id) const;
    std::string root_of(std::string id) const;
    Story story_of(const std::string& root) const;

    Archive& archive_;
    std::map<std::string, std::vector<Event>, std::less<>> events_;
    std::map<std::string, Ids, std::less<>> children_;
    Ids load_;      ///< ids whose events are wanted
    Ids expand_;    ///< ids whose children are
    Ids expanded_;  ///< those whose children are known
    std::map<std::string, std::vector<Event>, std::less<>> found_;
    Ids found_parents_;
    Ids found_children_;
    std::size_t count_ = 0;
};

void Collection::take(const Event& event, const Ids& some) {
    if (load_.contains(event.id) && some.contains(event.id)) {
        found_[event.id].push_back(event);
        ++count_;
        if (!event.parent.empty()) {
            found_parents_.insert(event.parent);
            children_[event.parent].insert(event.id);
        }
    }
    if (expand_.contains(event.parent) && some.contains(event.parent)) {
        children_[event.parent].insert(event.id);
        found_children_.insert(event.id);
    }
}

/// Finds what is wanted, and what is to be wanted next: parents, and children of what is no connection.
Result<> Collection::generation() {
    Ids all = load_;
    all.insert(expand_.begin(), expand_.end());
    // A few ids at a time: each event is compared with the keys.
    constexpr std::size_t at_once = 50;
    for (auto next = all.begin(); next != all.end();) {
        Ids some;
        std::vector<std::string> keys;
        for (; next != all.end() && keys.size() < at_once; ++next) {
            some.insert(*next);
            keys.push_back(story::key_of_id(*next));
        }
        const Result<> looked = archive_.each(keys, {}, [&](const Event& event) {
            if (count_ < max_events) take(event, some);
            return count_ < max_events;
        });
        if (!looked) return looked;
    }
    expanded_.merge(expand_);
    expand_.clear();
    const Ids loaded = std::exchange(load_, {});
    for (const std::string& id : loaded) events_[id] = std::move(found_[id]);
    found_.clear();
    for (const std::string& id : loaded)
        if (!expanded_.contains(id) && !is_connection(id)) expand_.insert(id);
    for (Ids* ids : {&found_parents_, &found_children_}) {
        for (const std::string& id : *ids)
            if (!events_.contains(id)) load_.insert(id);
        ids->clear();
    }
    return {};
}

Result<> Collection::collect(const std::vector<std::string>& ids) {
    load_ = {ids.begin(), ids.end()};
    expand_ = load_;
    for (int i = 0; i < max_generations && !(load_.empty() && expand_.empty()); ++i)
        if (Result<> taken = generation(); !taken) return taken;
    return {};
}

bool Collection::is_connection(std::string_view id) const {
    const auto found = events_.find(id);
    return found != events_.end() && std::ranges::any_of(found->second, [](const Event& event) {
               return event.kind == Kind::connect || event.kind == Kind::tls || event.kind == Kind::login;
           });
}

std::string Collection::parent_of(std::string_view id) const {
    const auto found = events_.find(id);
    if (found == events_.end()) return {};
    const auto told = std::ranges::find_if(found->second, [](const Event& event) { return !event.parent.empty(); });
    return told == found->second.end() ? std::string() : told->parent;
}

std::vector<std::string> Collection::children_of(std::string_view id) const {
    const auto found = children_.find(id);
    return found == children_.end() ? std::vector<std::string>()
                                    : std::vector(found->second.begin(), found->second.end());
}

/// The message at which the story begins.
std::string Collection::root_of(std::string id) const {
    for (int i = 0; i < max_generations; ++i) {
        std::string parent = parent_of(id);
        if (parent.empty() || !events_.contains(parent) || is_connection(parent)) break;
        id = std::move(parent);
    }
    return id;
}

Story Collection::story_of(const std::string& root) const {
    std::set<std::string> members{root};
    std::vector<std::string> next{root};
    while (!next.empty()) {
        const std::string id = std::move(next.back());
        next.pop_back();
        for (std::string& child : children_of(id))
            if (!is_connection(root) && members.insert(child).second) next.push_back(std::move(child));
    }
    if (std::string connection = parent_of(root); !connection.empty()) members.insert(std::move(connection));
    Story story{root};
    for (const std::string& id : members) {
        const auto found = events_.find(id);
        if (found != events_.end()) story.events.insert(story.events.end(), found->second.begin(), found->second.end());
    }
    sort_by_time(story.events);
    return story;
}

std::vector<Story> Collection::stories(const std::vector<std::string>& ids) const {
    std::set<std::string> roots;
    for (const std::string& id : ids) {
        const std::vector<std::string> messages = is_connection(id) ? children_of(id) : std::vector{id};
        for (const std::string& message : messages) roots.insert(root_of(message));
        if (messages.empty()) roots.insert(id);
    }
    std::vector<Story> all;
    for (const std::string& root : roots) all.push_back(story_of(root));
    std::erase_if(all, [](const Story& story) { return story.events.empty(); });
    return all;
}

bool has_outcome(const Story& story, story::Outcome outcome) {
    return std::ranges::any_of(story.events, [&](const Event& event) { return story::outcome_of(event) == outcome; });
}

/// The ids of which events were told last.
class LatestIds {
  public:
    explicit LatestIds(std::size_t most) : most_(most) {}
    /// False: there are enough.
    bool add(const Event& event) {
        std::int64_t& time = times_.try_emplace(event.id, event.time).first->second;
        time = std::max(time, event.time);
        if (times_.size() > 2 * most_ + 1000) cut();
        return times_.size() < most_;
    }
    std::vector<std::string> take() {
        cut();
        std::vector<std::string> ids;
        for (const auto& [id, time] : times_) ids.push_back(id);
        return ids;
    }

  private:
    void cut() {
        if (times_.size() <= most_) return;
        std::vector<std::int64_t> times;
        for (const auto& [id, time] : times_) times.push_back(time);
        std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(most_ - 1), std::ranges::greater());
        const std::int64_t oldest = times[most_ - 1];
        std::size_t left = most_;
        std::erase_if(times_, [&](const auto& entry) {
            if (entry.second < oldest || left == 0) return true;
            --left;
            return false;
        });
    }

    std::size_t most_;
    std::map<std::string, std::int64_t> times_;
};

}  // namespace

Result<std::vector<Story>> trace(Archive& archive, const Question& question) {
    // Of what fits, an outcome leaves only some.
    constexpr std::size_t most_ids = 10'000;
    const bool sifted = question.outcome && !question.keys.empty();
    LatestIds latest(sifted ? most_ids : std::clamp<std::size_t>(question.limit, 1, most_ids));
    std::vector<std::string> keys = question.keys;
    if (keys.empty() && question.outcome) keys.push_back(story::key_of_outcome(*question.outcome));
    const Result<> looked = archive.each(keys, question.span, [&](const Event& event) { return latest.add(event); });
    if (!looked) return fail(looked.error());
    const std::vector<std::string> ids = latest.take();
    Collection collection(archive);
    if (Result<> collected = collection.collect(ids); !collected) return fail(collected.error());
    std::vector<Story> stories = collection.stories(ids);
    if (question.outcome)
        std::erase_if(stories, [&](const Story& story) { return !has_outcome(story, *question.outcome); });
    std::ranges::sort(stories, {}, [](const Story& story) { return std::tie(story.events.front().time, story.id); });
    if (stories.size() > question.limit)
        stories.erase(stories.begin(), stories.end() - static_cast<std::ptrdiff_t>(question.limit));
    return stories;
}

}  // namespace posthouse::history
