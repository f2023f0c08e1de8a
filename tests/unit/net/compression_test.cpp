// Tests of compression: what is deflated in pieces is one stream, and a stream that sends much leaves time to others.
#include "lib/net/compression.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <random>
#include <string>
#include <thread>

#include "lib/base/fd.h"
#include "lib/net/pool.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"

namespace posthouse::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Flush = Compression::Flush;

struct Pair {
    UniqueFd a;
    UniqueFd b;
};

Pair socket_pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) std::abort();
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Deadline soon() { return Deadline::in(seconds(20)); }

/// Deflates to a third, slowly.
std::string letters(std::size_t count) {
    std::mt19937 random(1);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + random() % 4);
    return text;
}

/// Deflates to nothing that is worth mentioning.
std::string monotony(std::size_t count) { return std::string(count, 'x'); }

/// Everything that can be inflated of what `peer` was fed.
std::string all_of(Compression& peer) {
    std::string text;
    std::array<char, 10'000> space{};
    for (;;) {
        const Result<std::size_t> count = peer.inflate(space);
        EXPECT_TRUE(count);
        if (!count || *count == 0) return text;
        text.append(space.data(), *count);
    }
}

/// Inflates what comes from the socket, until `count` bytes have come out or nothing comes.
std::string read_from(const UniqueFd& socket, std::size_t count) {
    const timeval patience{20, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    Compression peer;
    std::string text;
    std::array<char, 10'000> bytes{};
    while (text.size() < count) {
        const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
        if (got <= 0) break;
        peer.feed({bytes.data(), static_cast<std::size_t>(got)});
        text += all_of(peer);
    }
    return text;
}

bool has_bytes(const UniqueFd& socket) {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/// Holds up the only thread of a pool until release().
class HeldUp {
  public:
    Pool& pool() { return pool_; }
    void begin() { scope_.spawn(&HeldUp::hold, this); }
    void release() { released_.set_value(); }
    Async<> end() { co_await scope_.join(); }
    explicit HeldUp(Loop& loop) : pool_(loop, 1, Pool::Priority::low), scope_(loop) {}

  private:
    static Async<> hold(HeldUp* self) {
        co_await self->pool_.run([self] {
            self->released_.get_future().wait();
            return true;
        });
    }
    std::promise<void> released_;
    Pool pool_;
    Scope scope_;
};

TEST(Compression, PiecesAreOneStreamThatTheLastFlushes) {
    Compression one;
    Compression other;
    const std::string text = letters(100'000);
    for (std::size_t at = 0; at < text.size(); at += 10'000) {
        const bool is_last = at + 10'000 == text.size();
        other.feed(one.deflate(std::string_view(text).substr(at, 10'000), is_last ? Flush::sync : Flush::none));
    }
    EXPECT_EQ(all_of(other), text);
}

TEST(Compression, WhatIsKeptIsBounded) {
    std::mt19937 random(1);
    Compression one;
    for (int i = 0; i < 60; ++i) {
        std::string piece = i % 3 == 0 ? monotony(16'384) : std::string();
        while (piece.size() < 16'384) piece += static_cast<char>(random());
        EXPECT_LE(one.deflate(piece, Flush::none).size(), piece.size() + 65'536);
    }
    EXPECT_LE(one.deflate("x").size(), 65'536u);
}

Async<> write_all(Stream* stream, std::string bytes, bool* done) {
    Result<> written = co_await stream->write(bytes, soon());
    EXPECT_TRUE(written);
    *done = true;
}

// What is deflated on the loop, nobody else gets a turn meanwhile.
Async<> much_is_left_to_the_pool(Loop& loop) {
    HeldUp thread(loop);
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    Result<> started = co_await stream.start_compression(thread.pool(), "a", soon());
    EXPECT_TRUE(started);
    const std::string text = letters(300'000);
    Scope scope(loop);
    bool done = false;
    thread.begin();
    scope.spawn(&write_all, &stream, text, &done);
    for (int i = 0; i < 10; ++i) co_await loop.yield();
    EXPECT_FALSE(has_bytes(pair.b));
    thread.release();
    std::string received;
    std::thread reader([&] { received = read_from(pair.b, text.size()); });
    co_await scope.join();
    co_await thread.end();
    reader.join();
    EXPECT_TRUE(done);
    EXPECT_EQ(received, text);
}

TEST(Compression, MuchIsLeftToThePool) {
    Loop loop;
    loop.run_until_complete(much_is_left_to_the_pool(loop));
}

Async<> little_waits_for_no_thread(Loop& loop) {
    HeldUp thread(loop);
    thread.begin();
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    Result<> done = co_await stream.start_compression(thread.pool(), "a", soon());
    EXPECT_TRUE(done);
    done = co_await stream.write("* 1 EXISTS\r\n", soon());
    EXPECT_TRUE(done);
    EXPECT_FALSE(has_bytes(pair.b)) << "it waits for company";
    done = co_await stream.flush(soon());
    EXPECT_TRUE(done);
    EXPECT_EQ(read_from(pair.b, 12), "* 1 EXISTS\r\n");
    thread.release();
    co_await thread.end();
}

TEST(Compression, LittleWaitsForNoThreadAndAFlushGetsItThrough) {
    Loop loop;
    loop.run_until_complete(little_waits_for_no_thread(loop));
}

// The outputs deflate to so little that the sockets take them, whether they are read or not.
Async<> users_take_turns(Loop& loop) {
    Pool pool(loop, 1);
    Pair first = socket_pair();
    Pair second = socket_pair();
    Stream much(loop, std::move(first.a));
    Stream less(loop, std::move(second.a));
    Result<> started = co_await much.start_compression(pool, "a", soon());
    EXPECT_TRUE(started);
    started = co_await less.start_compression(pool, "b", soon());
    EXPECT_TRUE(started);
    bool is_much_done = false;
    Scope scope(loop);
    scope.spawn(&write_all, &much, monotony(16'000'000), &is_much_done);
    co_await loop.yield();
    Result<> written = co_await less.write(monotony(64'000), soon());
    EXPECT_TRUE(written);
    EXPECT_FALSE(is_much_done);
    co_await scope.join();
    EXPECT_TRUE(is_much_done);
    EXPECT_EQ(read_from(first.b, 16'000'000), monotony(16'000'000));
    EXPECT_EQ(read_from(second.b, 64'000), monotony(64'000));
}

TEST(Compression, UsersTakeTurnsPieceByPiece) {
    Loop loop;
    loop.run_until_complete(users_take_turns(loop));
}

Async<> who_never_reads(Loop& loop) {
    Pool pool(loop, 1);
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    Result<> done = co_await stream.start_compression(pool, "a", soon());
    EXPECT_TRUE(done);
    done = co_await stream.write(letters(2'000'000), Deadline::in(milliseconds(1)));
    EXPECT_FALSE(done);
    if (!done) EXPECT_EQ(done.error().code, ErrorCode::timeout);
}

TEST(Compression, WhoNeverReadsMeetsTheDeadline) {
    Loop loop;
    loop.run_until_complete(who_never_reads(loop));
}

}  // namespace
}  // namespace posthouse::net
