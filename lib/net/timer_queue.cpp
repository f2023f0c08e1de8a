// TimerQueue: a binary heap of deadlines.
#include "lib/net/timer_queue.h"

namespace posthouse::net {

TimerNode::~TimerNode() {
    if (queue_ != nullptr) queue_->remove(*this);
}

TimerQueue::~TimerQueue() {
    for (TimerNode* node : heap_) node->queue_ = nullptr;
}

void TimerQueue::place(std::size_t index, TimerNode* node) {
    heap_[index] = node;
    node->index_ = index;
}

void TimerQueue::sift_up(std::size_t index) {
    TimerNode* node = heap_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / 2;
        if (heap_[parent]->deadline_.at <= node->deadline_.at) break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, node);
}

void TimerQueue::sift_down(std::size_t index) {
    TimerNode* node = heap_[index];
    for (;;) {
        std::size_t child = 2 * index + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1]->deadline_.at < heap_[child]->deadline_.at) ++child;
        if (node->deadline_.at <= heap_[child]->deadline_.at) break;
        place(index, heap_[child]);
        index = child;
    }
    place(index, node);
}

void TimerQueue::set(TimerNode& node, Deadline deadline) {
    remove(node);
    node.deadline_ = deadline;
    if (deadline.at == Clock::time_point::max()) return;
    node.queue_ = this;
    heap_.push_back(&node);
    sift_up(heap_.size() - 1);
}

void TimerQueue::remove(TimerNode& node) {
    if (node.queue_ == nullptr) return;
    const std::size_t index = node.index_;
    node.queue_ = nullptr;
    TimerNode* last = heap_.back();
    heap_.pop_back();
    if (last == &node) return;
    place(index, last);
    sift_up(index);
    sift_down(last->index_);
}

void TimerQueue::expire(Clock::time_point now) {
    while (!heap_.empty() && heap_.front()->deadline_.at <= now) {
        TimerNode& node = *heap_.front();
        remove(node);
        node.expired();
    }
}

}  // namespace posthouse::net
