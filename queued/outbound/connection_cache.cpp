// ConnectionCache: kept, taken, swept out.
#include "queued/outbound/connection_cache.h"

#include <algorithm>
#include <utility>

namespace posthouse::queued {

ConnectionCache::ConnectionCache(net::Loop& loop, std::chrono::milliseconds idle, std::size_t most)
    : scope_(loop), changed_(loop), idle_(idle), most_(most) {}

std::unique_ptr<Connection> ConnectionCache::take(std::string_view key) {
    for (auto kept = kept_.end(); kept != kept_.begin();) {
        --kept;
        if (kept->connection->key != key) continue;
        std::unique_ptr<Connection> connection = std::move(kept->connection);
        kept = kept_.erase(kept);
        if (!connection->conversation.stale()) return connection;
    }
    return nullptr;
}

void ConnectionCache::keep(std::unique_ptr<Connection> connection) {
    if (closed_ || most_ == 0 || idle_.count() == 0 || connection->until.passed()) {
        end(std::move(connection));
        return;
    }
    if (kept_.size() >= most_) {
        end(std::move(kept_.front().connection));
        kept_.pop_front();
    }
    kept_.push_back({std::move(connection), net::Deadline::in(idle_)});
    changed_.notify_all();
    if (!std::exchange(sweeping_, true)) scope_.spawn([](ConnectionCache* self) { return self->sweep(); }, this);
}

void ConnectionCache::end(std::unique_ptr<Connection> connection) {
    if (connection->conversation.usable()) scope_.spawn(quit, std::move(connection));
}

net::Async<> ConnectionCache::quit(std::unique_ptr<Connection> connection) { co_await connection->conversation.quit(); }

void ConnectionCache::clear() {
    for (Kept& kept : kept_) end(std::move(kept.connection));
    kept_.clear();
    changed_.notify_all();
}

void ConnectionCache::set_limits(std::chrono::milliseconds idle, std::size_t most) {
    idle_ = idle;
    most_ = most;
}

/// Runs while there is something to watch over.
net::Async<> ConnectionCache::sweep() {
    while (!closed_ && !kept_.empty()) {
        if (!kept_.front().until.passed()) {
            // Woken or not: what counts is who is the oldest now.
            Result<> waited = co_await changed_.wait(kept_.front().until);
            if (!waited && waited.error().code == ErrorCode::cancelled) break;
            continue;
        }
        end(std::move(kept_.front().connection));
        kept_.pop_front();
    }
    sweeping_ = false;
}

net::Async<> ConnectionCache::close() {
    closed_ = true;
    changed_.cancel();
    clear();
    co_await scope_.join();
}

}  // namespace posthouse::queued
