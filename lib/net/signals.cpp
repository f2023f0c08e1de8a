// Signals: one uv_signal_t per signal.
#include "lib/net/signals.h"

#include <uv.h>

namespace posthouse::net {

struct Signals::State {
    std::function<void(int)> on_signal;
    std::vector<uv_signal_t*> handles;
};

Signals::Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> on_signal)
    : state_(std::make_unique<State>()) {
    state_->on_signal = std::move(on_signal);
    for (const int number : signals) {
        auto* handle = new uv_signal_t;
        uv_signal_init(loop.raw(), handle);
        handle->data = state_.get();
        uv_signal_start(handle, [](uv_signal_t* h, int n) { static_cast<State*>(h->data)->on_signal(n); }, number);
        state_->handles.push_back(handle);
    }
}

Signals::~Signals() {
    for (uv_signal_t* handle : state_->handles) {
        uv_signal_stop(handle);
        uv_close(reinterpret_cast<uv_handle_t*>(handle),
                 [](uv_handle_t* h) { delete reinterpret_cast<uv_signal_t*>(h); });
    }
}

}  // namespace posthouse::net
