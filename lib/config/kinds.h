// The kinds of parameters and the C++ type that each kind has in the struct Config.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::config {

using Duration = std::chrono::milliseconds;

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::uint64_t GiB = 1024 * MiB;

/// A further certificate, served to clients that ask for one of its names (SNI, RFC 6066 §3).
struct CertificateFiles {
    std::string certificate;  ///< path of a PEM file
    std::string key;          ///< path of a PEM file
    bool operator==(const CertificateFiles&) const = default;
};

enum class Kind {
    string,
    path,    ///< relative: to the folder of the configuration file; empty: none
    socket,  ///< path of a Unix socket; relative: to general.run_folder; empty: none
    boolean,
    integer,
    duration,      ///< "250ms", "30s", "5m", "1h", "7d"
    size,          ///< bytes: "512", "64K", "50M", "2G" (powers of 1024)
    list,          ///< of strings
    word,          ///< one of a few
    addresses,     ///< list of host:port (address.h)
    networks,      ///< list of networks in CIDR form (address.h)
    certificates,  ///< list of CertificateFiles
};

/// The C++ type of each kind, under the kind's name.
namespace type {
using string = std::string;
using path = std::string;
using socket = std::string;
using boolean = bool;
using integer = std::int64_t;
using duration = Duration;
using size = std::uint64_t;
using list = std::vector<std::string>;
using word = std::string;
using addresses = std::vector<std::string>;
using networks = std::vector<std::string>;
using certificates = std::vector<CertificateFiles>;
}  // namespace type

}  // namespace posthouse::config
