// The script, who works through it, and the judge.
#include "tests/crash/spool_work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "queued/spool/writer.h"

namespace posthouse::spool::crash {
namespace {

constexpr std::int64_t start = 1'700'000'000;

std::string id_of(int number) {
    const std::string digits = std::to_string(number);
    return "01HFD2T3X4Y5Z0" + std::string(2 - digits.size(), '0') + digits;
}

/// As many recipients as the last digit says, at least one.
std::size_t recipients_of(const std::string& id) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(id.back() - '0'));
}

Event event(EventKind kind, std::vector<std::uint32_t> recipients, std::string reply = {}) {
    return {.kind = kind, .at = start + 100, .recipients = std::move(recipients), .reply = std::move(reply)};
}

Result<> accept(const std::string& root, const Step& step) {
    const Result<Incoming> incoming = Incoming::open(root);
    if (!incoming) return fail(incoming.error());
    Result<Writer> writer = Writer::begin(*incoming);
    if (!writer) return fail(writer.error());
    const std::string& content = content_of(step.id, step.content_bytes);
    if (step.is_reserved)
        if (Result<> reserved = writer->reserve(content.size()); !reserved) return reserved;
    for (std::size_t at = 0; at < content.size(); at += 40'000)
        if (Result<> written = writer->write(std::string_view(content).substr(at, 40'000)); !written) return written;
    if (step.kind == Step::drop) return {};
    return writer->finish(envelope_of(step.id), front_of(step.id));
}

Result<> change(const std::string& root, const Step& step) {
    const Result<Spool> spool = Spool::open(root);
    if (!spool) return fail(spool.error());
    const Result<Place> place = spool->find(step.id);
    if (!place) {
        // Of a removal that failed after its effect nothing is left to do.
        if (step.kind == Step::remove && place.error().code == ErrorCode::not_found) return {};
        return fail(place.error());
    }
    if (step.kind == Step::look) {
        const Result<Listed> listed = spool->look(*place);
        return listed ? Result<>{} : fail(listed.error());
    }
    Result<Entry> entry = spool->open(*place);
    if (!entry) return fail(entry.error());
    switch (step.kind) {
        case Step::record:
            // What was recorded by an attempt that failed afterwards can't be recorded again.
            if (!may_apply(step.events.front(), entry->states())) return {};
            return entry->record(step.events);
        case Step::defer: return entry->defer(step.due);
        case Step::hold: return entry->hold(step.events.front());
        case Step::release: return entry->release(step.events.front(), step.due);
        default: return entry->remove();
    }
}

void apply_to(Model& model, const Step& step, std::size_t events) {
    ModelMessage& message = model[step.id];
    switch (step.kind) {
        case Step::accept:
            message.envelope = envelope_of(step.id);
            message.message = front_of(step.id) + content_of(step.id, step.content_bytes);
            message.states.resize(message.envelope.recipients.size());
            break;
        case Step::record:
            for (std::size_t i = 0; i < events; ++i) apply_event(step.events[i], message.states);
            break;
        case Step::hold: message.is_held = true; break;
        case Step::release: message.is_held = false; break;
        case Step::remove: message.is_removed = true; break;
        case Step::drop: model.erase(step.id); break;
        case Step::defer:
        case Step::look: break;
    }
}

struct Found {
    Place place;
    Listed listed;
    std::string message;
};

Result<std::string> message_of(Entry& entry) {
    std::string message;
    std::string buffer(100'000, '\0');
    for (;;) {
        const Result<std::size_t> got = entry.read(message.size(), buffer);
        if (!got) return fail(got.error());
        if (*got == 0) return message;
        message.append(buffer, 0, *got);
    }
}

/// All that a queue would work on; damage, and a message that is there twice, fail the test.
std::map<std::string, Found> look_at(const Spool& spool) {
    std::map<std::string, Found> all;
    for (const Folder folder : all_folders) {
        Scan scan = spool.scan(folder).value();
        const std::vector<Place> places = scan.next(1000).value();
        EXPECT_EQ(scan.foreign(), 0u);
        for (const Place& place : places) {
            EXPECT_NE(place.folder, Folder::corrupt) << to_string(place);
            Result<Entry> entry = spool.open(place);
            EXPECT_TRUE(entry) << to_string(place) << ": " << entry.error().message();
            if (!entry) continue;
            const Result<std::string> message = message_of(*entry);
            EXPECT_TRUE(message) << to_string(place) << ": " << message.error().message();
            const bool is_first =
                all.emplace(place.name.id,
                            Found{place,
                                  {place, entry->envelope(), entry->states(), "", entry->message_bytes()},
                                  message.value_or("")})
                    .second;
            EXPECT_TRUE(is_first) << "twice in the queue: " << to_string(place);
        }
    }
    return all;
}

/// Empty: the queue is as the model says.
std::string difference(const std::map<std::string, Found>& all, const Model& model, After after) {
    for (const auto& [id, found] : all) {
        const auto known = model.find(id);
        if (known == model.end()) return id + " was never accepted";
        const ModelMessage& message = known->second;
        if (found.listed.envelope != message.envelope || found.message != message.message ||
            found.listed.message_bytes != message.message.size())
            return id + " is not what was accepted";
        if (found.listed.states != message.states) return id + " forgot something, or knows too much";
        if (message.is_removed) {
            // A removal that nobody synced: then nobody would be sent to.
            if (after != After::power_loss || !nothing_left(message.envelope, message.states)) return id + " is back";
        }
        if (message.is_held != (found.place.folder == Folder::hold)) return id + " is in " + to_string(found.place);
    }
    for (const auto& [id, message] : model)
        if (!message.is_removed && !all.contains(id)) return id + " is lost";
    return {};
}

/// The models that may be true.
std::vector<Model> models_of(const std::vector<Step>& steps, const std::vector<Progress>& progress) {
    Model model;
    std::vector<Model> all;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (progress[i] == Progress::answered) {
            EXPECT_TRUE(all.empty()) << "nothing follows a step that is open";
            apply_to(model, steps[i], steps[i].events.size());
        }
        if (progress[i] != Progress::open) continue;
        const std::size_t events = steps[i].kind == Step::record ? steps[i].events.size() : 1;
        for (std::size_t count = 1; count <= events; ++count) {
            Model& one = all.emplace_back(model);
            apply_to(one, steps[i], count);
        }
    }
    all.push_back(std::move(model));
    return all;
}

/// Sends what is due: everybody once, and nobody who was told of.
void go_on(const Spool& spool, const std::map<std::string, Found>& all) {
    for (const auto& [id, found] : all) {
        std::vector<RecipientState> states;
        {
            Result<Entry> entry = spool.open(found.place);
            ASSERT_TRUE(entry) << entry.error().message();
            std::vector<std::uint32_t> due;
            for (std::uint32_t i = 0; i < entry->states().size(); ++i)
                if (entry->states()[i].is_due()) due.push_back(i);
            if (!due.empty()) {
                const std::vector<Event> events{event(EventKind::deferred, {due.front()}),
                                                event(EventKind::delivered, due)};
                const Result<> recorded = entry->record(events);
                ASSERT_TRUE(recorded) << recorded.error().message();
            }
            ASSERT_TRUE(entry->defer(start + 9'000));
            states = entry->states();
        }
        Result<Entry> again = spool.open({Folder::deferred, {id, start + 9'000}});
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_EQ(again->states(), states);
        ASSERT_TRUE(again->remove());
    }
}

}  // namespace

std::vector<Step> script() {
    using enum EventKind;
    std::vector<Step> steps;
    const std::string one = id_of(11);
    const std::string three = id_of(3);
    const std::string large = id_of(12);
    const std::string bounce = id_of(2);
    const std::string kept = id_of(4);
    steps.push_back({Step::accept, one, {}, 0, 300});
    steps.push_back({Step::record, one, {event(delivered, {0})}});
    steps.push_back({Step::remove, one});
    steps.push_back({Step::accept, three, {}, 0, 5'000, true});
    steps.push_back({Step::drop, id_of(20), {}, 0, 150'000});
    steps.push_back({Step::record, three, {event(delivered, {1}), event(deferred, {0, 2}, "450 not now")}});
    steps.push_back({Step::defer, three, {}, start + 300});
    steps.push_back({Step::accept, large, {}, 0, 200'000, true});
    steps.push_back({Step::look, three});
    steps.push_back({Step::record, three, {event(deferred, {0, 2}, "450 still not"), event(warned, {0, 2})}});
    steps.push_back({Step::defer, three, {}, start + 900});
    steps.push_back({Step::hold, three, {event(held, {})}});
    steps.push_back({Step::accept, bounce, {}, 0, 0});
    steps.push_back({Step::release, three, {event(released, {})}, start + 1'000});
    steps.push_back({Step::record, bounce, {event(bounced, {0}, "550 nobody"), event(relayed, {1})}});
    steps.push_back({Step::record, bounce, {event(notified, {0})}});
    steps.push_back({Step::remove, bounce});
    steps.push_back({Step::accept, kept, {}, 0, 70'000});
    steps.push_back({Step::hold, kept, {event(held, {})}});
    steps.push_back({Step::record, three, {event(delivered, {0}), event(bounced, {2}, "550 after all")}});
    steps.push_back({Step::remove, kept});
    steps.push_back({Step::record, large, {event(deferred, {0, 1}, "421 closing")}});
    steps.push_back({Step::defer, large, {}, start + 1'200});
    return steps;
}

Envelope envelope_of(const std::string& id) {
    Envelope envelope;
    envelope.id = id;
    envelope.arrived = start;
    envelope.sender = smtp::parse_mailbox("anna@example.org").value();
    for (std::size_t i = 0; i < recipients_of(id); ++i)
        envelope.recipients.push_back(
            {.address = smtp::parse_mailbox("user" + std::to_string(i) + "@example.net").value()});
    return envelope;
}

std::string front_of(const std::string& id) { return recipients_of(id) % 2 == 0 ? "" : "Received: as " + id + "\r\n"; }

const std::string& content_of(const std::string& id, std::size_t bytes) {
    static std::map<std::pair<std::string, std::size_t>, std::string> made;
    std::string& content = made[{id, bytes}];
    while (content.size() < bytes) content += id + " line " + std::to_string(content.size()) + "\r\n";
    content.resize(bytes);
    return content;
}

std::string work(const std::string& root, const std::vector<Step>& steps, Progress* progress) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step& step = steps[i];
        progress[i] = Progress::open;
        const auto run = [&] {
            return step.kind == Step::accept || step.kind == Step::drop ? accept(root, step) : change(root, step);
        };
        Result<> done = run();
        if (!done) done = run();
        if (!done) return done.error().message();
        progress[i] = Progress::answered;
    }
    return {};
}

void judge(const std::string& root, const std::vector<Step>& steps, const std::vector<Progress>& progress,
           After after) {
    const Result<Spool> spool = Spool::open(root);
    ASSERT_TRUE(spool) << spool.error().message();
    const std::map<std::string, Found> all = look_at(*spool);
    std::string differences;
    bool is_right = false;
    for (const Model& model : models_of(steps, progress)) {
        const std::string text = difference(all, model, after);
        is_right = is_right || text.empty();
        differences += text + "; ";
    }
    EXPECT_TRUE(is_right) << differences;
    go_on(*spool, all);
    ASSERT_TRUE(spool->sweep(std::int64_t{1} << 40));
    EXPECT_TRUE(std::filesystem::is_empty(root + "/incoming"));
}

int WithoutUnnamed::before(const storage::crash::Call& call) {
    return call.is_unnamed ? EOPNOTSUPP : next_.before(call);
}

}  // namespace posthouse::spool::crash
