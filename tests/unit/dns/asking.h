// Asking: a resolver on a loop of its own, asked step by step.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "lib/dns/resolver.h"

namespace posthouse::dns {

/// Long enough for what comes, on a busy machine, too.
inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(30)); }

class Asking {
  public:
    explicit Asking(Settings settings) : resolver_(loop_, std::move(settings)) {
        const Result<> started = wait(resolver_.start());
        EXPECT_TRUE(started) << started.error().message();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() { wait(resolver_.stop()); }

    template <typename T>
    T wait(net::Async<T> work) {
        return loop_.run_until_complete(std::move(work));
    }
    void wait(net::Async<void> work) { loop_.run_until_complete(std::move(work)); }
    net::Loop& loop() { return loop_; }
    Resolver* operator->() { return &resolver_; }
    Resolver& operator*() { return resolver_; }

  private:
    net::Loop loop_;
    Resolver resolver_;
};

}  // namespace posthouse::dns
