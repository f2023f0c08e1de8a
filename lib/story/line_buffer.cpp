// Lines on their way to a file.
#include "lib/story/line_buffer.h"

#include <utility>

namespace posthouse::story {

bool LineBuffer::add(std::string_view line) {
    if (line.size() > capacity_ - lines_.size()) {
        ++dropped_;
        return false;
    }
    lines_ += line;
    return true;
}

std::string LineBuffer::take() { return std::exchange(lines_, {}); }

}  // namespace posthouse::story
