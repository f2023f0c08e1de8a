// What nearly every source file includes, compiled once for all of them (cmake/Posthouse.cmake). Each file still includes
// what it uses: a build with -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows who doesn't.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
