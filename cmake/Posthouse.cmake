# How this project builds: compiler flags, the libraries of the distribution, and the three kinds of target
# (library, program, test). A folder's CMakeLists.txt is one or two calls of the functions below.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

option(POSTHOUSE_TESTS "Build the tests" ON)
set(POSTHOUSE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(POSTHOUSE_FUZZ "Build the fuzz targets with libFuzzer instead of the corpus replay" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror)
add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer)
add_link_options(-fuse-ld=lld)
if(POSTHOUSE_SANITIZE)
  add_compile_options(-fsanitize=${POSTHOUSE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSTHOUSE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(POSTHOUSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Without these leaves, nothing that uses a precompiled header would be kept.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(MARIADB REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(FMT REQUIRED IMPORTED_TARGET fmt)
pkg_check_modules(SPDLOG REQUIRED IMPORTED_TARGET spdlog)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
find_library(CRYPT_LIBRARY crypt REQUIRED)
find_library(UNBOUND_LIBRARY unbound REQUIRED)  # its .pc file wants what only a static libunbound needs
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
if(POSTHOUSE_TESTS)
  find_package(GTest REQUIRED)
  # Debian's Python, before any other: its modules are Debian packages (packaging/packages.sh).
  if(EXISTS /usr/bin/python3)
    set(Python3_EXECUTABLE /usr/bin/python3)
  endif()
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
endif()

# posthouse_folders(folder...): adds those folders.
function(posthouse_folders)
  foreach(folder IN LISTS ARGN)
    add_subdirectory(${folder})
  endforeach()
endfunction()

# posthouse_precompile(name OWNER target HEADERS header...): lets the target `name` use the precompiled header of OWNER
# (base: cmake/precompiled.h; base_test: with GoogleTest), or, where it has HEADERS that most of its files include, one
# of its own with those as well.
function(posthouse_precompile name)
  cmake_parse_arguments(ARG "" "OWNER" "HEADERS" ${ARGN})
  set(common ${PROJECT_SOURCE_DIR}/cmake/precompiled.h)
  if(ARG_OWNER STREQUAL base_test)
    list(APPEND common <gtest/gtest.h>)
  endif()
  if(ARG_HEADERS OR name STREQUAL ARG_OWNER)
    target_precompile_headers(${name} PRIVATE ${common} ${ARG_HEADERS})
  else()
    target_precompile_headers(${name} REUSE_FROM ${ARG_OWNER})
  endif()
endfunction()

# Tests are compiled more often than they compute. Sanitizer builds say themselves how much is optimised.
set(POSTHOUSE_TEST_OPTIONS $<$<CONFIG:Release>:-O0> $<$<CONFIG:Release>:-U_FORTIFY_SOURCE>)

# posthouse_library(name DEPENDS target... [PRECOMPILE header...]): a static library of every .cpp in this folder (and of one level of
# folders below it), except main.cpp.
# Its headers are included by their path from the project's root: #include "lib/base/result.h".
function(posthouse_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PRECOMPILE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp */*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  posthouse_precompile(${name} OWNER base HEADERS ${ARG_PRECOMPILE})
endfunction()

# posthouse_program(name DEPENDS target...): an executable in bin/ from this folder's main.cpp.
function(posthouse_program name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  target_compile_definitions(${name} PRIVATE POSTHOUSE_VERSION="${PROJECT_VERSION}")
  posthouse_precompile(${name} OWNER base)
endfunction()

# posthouse_unit_tests(name DEPENDS target... [PRECOMPILE header...] [HELPERS file...] [TOGETHER prefix]): a GoogleTest
# program of every *_test.cpp in this folder and of HELPERS; each of its tests is one test of CTest. Those whose names begin with
# `prefix/`, which share something that takes long to start, run in one process: unit.prefix.
function(posthouse_unit_tests name)
  cmake_parse_arguments(ARG "" "TOGETHER" "DEPENDS;PRECOMPILE;HELPERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources} ${ARG_HELPERS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${POSTHOUSE_TEST_OPTIONS})
  posthouse_precompile(${name} OWNER base_test HEADERS ${ARG_PRECOMPILE})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  include(GoogleTest)
  set(filter "")
  if(ARG_TOGETHER)
    set(filter TEST_FILTER "-${ARG_TOGETHER}/*")
    add_test(NAME unit.${ARG_TOGETHER} COMMAND ${name} "--gtest_filter=${ARG_TOGETHER}/*")
    set_tests_properties(unit.${ARG_TOGETHER} PROPERTIES TIMEOUT 600 LABELS unit)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "unit." ${filter} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300 LABELS unit)
endfunction()

# posthouse_fuzz_target(name DEPENDS target...): name_fuzz.cpp holds LLVMFuzzerTestOneInput. Ordinary builds link it
# to a driver that replays every file of corpus/name; the fuzz preset links it to libFuzzer.
function(posthouse_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  if(POSTHOUSE_FUZZ)
    add_executable(fuzz_${name} ${name}_fuzz.cpp)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    posthouse_precompile(fuzz_${name} OWNER base)
  else()
    if(NOT TARGET fuzz_replay)
      add_library(fuzz_replay OBJECT replay.cpp)
    endif()
    add_executable(fuzz_${name} ${name}_fuzz.cpp $<TARGET_OBJECTS:fuzz_replay>)
    target_compile_options(fuzz_${name} PRIVATE ${POSTHOUSE_TEST_OPTIONS})
    posthouse_precompile(fuzz_${name} OWNER base_test)
  endif()
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPENDS})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  if(NOT POSTHOUSE_FUZZ)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
  endif()
endfunction()

# posthouse_python_tests(label): a test of CTest, label.name, of every name_test.py in this folder. A test file may say
# `# labels: clients slow` and `# timeout: 900` in its head. Whole appliances take longest, so they begin first (COST): what
# is short fills the gaps at the end.
function(posthouse_python_tests label)
  file(GLOB test_files CONFIGURE_DEPENDS *_test.py)
  list(FILTER test_files EXCLUDE REGEX "/posthouse_test\\.py$")
  foreach(test_file IN LISTS test_files)
    get_filename_component(name ${test_file} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    set(labels ${label})
    set(timeout 900)  # only who hangs is stopped by it: sanitizers on a busy machine take their time
    file(STRINGS ${test_file} settings REGEX "^# (labels|timeout): ")
    foreach(setting IN LISTS settings)
      if(setting MATCHES "^# labels: (.*)$")
        string(REPLACE " " ";" more "${CMAKE_MATCH_1}")
        list(APPEND labels ${more})
      elseif(setting MATCHES "^# timeout: ([0-9]+)$")
        set(timeout ${CMAKE_MATCH_1})
      endif()
    endforeach()
    add_test(NAME ${label}.${name} COMMAND ${Python3_EXECUTABLE} -B ${test_file})
    set_tests_properties(${label}.${name} PROPERTIES
      LABELS "${labels}" TIMEOUT ${timeout} COST 60 SKIP_RETURN_CODE 77 ENVIRONMENT "POSTHOUSE_BUILD=${PROJECT_BINARY_DIR}")
  endforeach()
endfunction()
