// BDAT and the content it carries.
#include "lib/smtp/chunking.h"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

DataPolicy policy_for(DataPolicy policy, bool binary) {
    if (binary) {
        policy.bare_lf = BareLf::keep;
        policy.bare_cr = BareCr::keep;
        policy.nul = Nul::keep;
    }
    return policy;
}

}  // namespace

ChunkReceiver::ChunkReceiver(const DataPolicy& policy, std::optional<Body> body)
    : policy_(policy_for(policy, body == Body::binary_mime)), decoder_(policy_, Framing::counted) {}

void ChunkReceiver::begin(const Bdat& chunk, std::optional<Reply> refused) {
    size_ = remaining_ = chunk.size;
    last_ = chunk.last;
    if (finished_) refused = Reply(503, "5.5.1", "BDAT after the last chunk");
    if (refused && (!refused_ || finished_)) refused_ = std::move(refused);
    if (refused_) return;
    if (chunk.size > policy_.max_size - total_) {
        refused_ = too_large(policy_);
        return;
    }
    total_ += chunk.size;
}

std::size_t ChunkReceiver::feed(std::string_view bytes, std::string& out) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
    if (!refused_) decoder_.feed(bytes.substr(0, taken), out);
    remaining_ -= taken;
    return taken;
}

std::optional<Reply> ChunkReceiver::end(std::string& out) {
    if (!refused_ && last_) decoder_.finish(out);
    finished_ = finished_ || last_;
    if (!refused_) refused_ = decoder_.refusal();
    if (refused_) return refused_;
    if (last_) return std::nullopt;
    return Reply(250, "2.0.0", std::to_string(size_) + " octets received");
}

}  // namespace posthouse::smtp
