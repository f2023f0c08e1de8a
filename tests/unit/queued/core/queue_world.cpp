// QueueWorld: queued's parts, in one process and one loop.
#include "tests/unit/queued/core/queue_world.h"

#include <filesystem>

namespace posthouse::queued {

net::Async<Attempt> ScriptedCourier::deliver(const Route& route, const Parcel& parcel) {
    Delivery delivery{
        .id = parcel.envelope.id, .destination = to_string(route), .certainly_first = parcel.certainly_first};
    const spool::Recipient& first = parcel.envelope.recipients[parcel.recipients.front()];
    delivery.sender = smtp::to_path(first.sender ? *first.sender : parcel.envelope.sender);
    while (delivery.content.size() < parcel.content.size()) {
        const Result<std::string> piece = co_await parcel.content.read(delivery.content.size());
        EXPECT_TRUE(piece && !piece->empty());
        if (!piece || piece->empty()) break;
        delivery.content += *piece;
    }
    if (parcel.standing != nullptr) *parcel.standing = {"mx.example.net[192.0.2.1]", "connecting"};
    while (hangs == delivery.destination) co_await loop_.sleep_until(net::Deadline::in(std::chrono::milliseconds(2)));
    Attempt attempt{.fates = {}, .outcome = outcome};
    for (const std::uint32_t number : parcel.recipients) {
        const std::string address = parcel.envelope.recipients[number].address.to_string();
        delivery.recipients.push_back(address);
        const auto kind = route.kind == Route::Kind::local ? spool::EventKind::delivered : spool::EventKind::relayed;
        attempt.fates.push_back(fate ? fate(delivery.destination, address) : Fate{.kind = kind, .status = "2.0.0"});
    }
    deliveries.push_back(std::move(delivery));
    co_return attempt;
}

QueueWorld::QueueWorld() {
    config.general.hostname = "mail.local.example";
    config.general.spool_folder = folder.path() + "/spool";
    config.general.run_folder = folder.path();
    config.general.state_folder = folder.path() + "/state";
    config.listen.socketmap = folder.path() + "/socketmap";
    EXPECT_TRUE(spool::make_spool(config.general.spool_folder));
    authd.emplace(loop, config.listen.socketmap);
    authd->start();
}

QueueWorld::~QueueWorld() {
    stop();
    loop.run_until_complete(authd->stop());
}

void QueueWorld::start() {
    daemon.emplace(loop, "queued", config);
    parts.emplace(*daemon, spool::Spool::open(config.general.spool_folder).value(),
                  spool::Incoming::open(config.general.spool_folder).value(), courier);
    active.emplace(*parts);
    scanner.emplace(*parts, *active);
    daemon->background().spawn([](Active* running, net::Event* stopping) { return running->run(*stopping); }, &*active,
                               &daemon->stopping());
    daemon->background().spawn([](Scanner* running, net::Event* stopping) { return running->run(*stopping); },
                               &*scanner, &daemon->stopping());
}

void QueueWorld::stop() {
    if (!daemon) return;
    loop.run_until_complete([](QueueWorld& world) -> net::Async<> {
        co_await world.daemon->end();
        co_await world.parts->directory.close();
    }(*this));
    scanner.reset();
    active.reset();
    parts.reset();
    daemon.reset();
}

void QueueWorld::restart() {
    stop();
    start();
}

std::string QueueWorld::accept(const spool::Envelope& envelope, std::string_view content) {
    const spool::Incoming incoming = spool::Incoming::open(config.general.spool_folder).value();
    EXPECT_TRUE(spool::accept(incoming, envelope, content));
    if (active) active->look_at(envelope.id);
    if (scanner) scanner->heard();
    return envelope.id;
}

void QueueWorld::until(const std::function<bool()>& condition) {
    loop.run_until_complete([](net::Loop& turns, const std::function<bool()>& holds) -> net::Async<> {
        const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(20));
        while (!holds() && !deadline.passed())
            co_await turns.sleep_until(net::Deadline::in(std::chrono::milliseconds(2)));
        EXPECT_TRUE(holds());
    }(loop, condition));
}

std::vector<std::string> QueueWorld::files(spool::Folder place) const {
    std::vector<std::string> names;
    const std::string path = config.general.spool_folder + "/" + std::string(to_string(place));
    for (const auto& file : std::filesystem::directory_iterator(path)) names.push_back(file.path().filename());
    return names;
}

spool::Listed QueueWorld::only(spool::Folder place) const {
    std::vector<spool::Listed> all = listed(place);
    EXPECT_EQ(all.size(), 1u);
    return std::move(all.at(0));
}

std::vector<spool::Listed> QueueWorld::listed(spool::Folder place) const {
    const spool::Spool spool = spool::Spool::open(config.general.spool_folder).value();
    std::vector<spool::Listed> all;
    for (const std::string& name : files(place))
        all.push_back(spool.look({place, *spool::parse_file_name(name)}).value());
    return all;
}

}  // namespace posthouse::queued
