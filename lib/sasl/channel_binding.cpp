// Channel binding.
#include "lib/sasl/channel_binding.h"

#include <algorithm>

namespace posthouse::sasl {

const ChannelBinding* find_binding(const ChannelBindings& bindings, std::string_view type) {
    const auto found = std::ranges::find(bindings, type, &ChannelBinding::type);
    return found == bindings.end() ? nullptr : &*found;
}

}  // namespace posthouse::sasl
