# Which packages of Debian 12 are needed for what, and how they are installed. Sourced by quickstart.sh and tests/run.sh.

# To build the server.
build_packages="clang-19 lld-19 libstdc++-12-dev libc6-dev cmake ninja-build pkg-config ccache
  libuv1-dev libssl-dev libsqlite3-dev libmariadb-dev liblmdb-dev libarchive-dev libsodium-dev libargon2-dev libfmt-dev libspdlog-dev libtomlplusplus-dev libcli11-dev
  nlohmann-json3-dev libboost-dev prometheus-cpp-dev libicu-dev"
# To make a trial instance and to send it a message.
instance_packages="openssl curl"
# To build and run the tests: libraries, the mail programs that talk to the server, the peer that shares its mail, and
# what reads the filter for fail2ban.
test_packages="libgtest-dev libbenchmark-dev python3 strace dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd
  mariadb-server gsasl swaks libio-socket-ssl-perl libnet-ssleay-perl libauthen-sasl-perl msmtp isync mutt fetchmail
  fail2ban"
# Sanitizers and libFuzzer, with a symbolizer for their reports.
sanitizer_packages="libclang-rt-19-dev llvm-19"
tidy_packages="clang-tidy-19 clang-format-19"

# missing_packages NAME...: those that are not installed.
missing_packages() {
    installed=$(dpkg-query -W -f '${Package} ${Status}\n' "$@" 2>/dev/null | sed -n 's/ install ok installed$//p')
    for package in "$@"; do
        printf '%s\n' "$installed" | grep -qxF "$package" || printf '%s ' "$package"
    done
}

# install_packages LOG NAME...: installs what is missing; apt's output goes to the file LOG. No service is started.
install_packages() {
    install_log=$1
    shift
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1; then
        as_root=sudo
    else
        echo "error: packages are missing, and installing them needs root. Run this as root, then try again:" >&2
        echo "  apt-get update && apt-get install --no-install-recommends $missing" >&2
        return 1
    fi
    echo "      installing: $missing"
    # invoke-rc.d asks policy-rc.d whether it may start a service: not for this installation.
    # shellcheck disable=SC2086
    $as_root sh -c '
        export DEBIAN_FRONTEND=noninteractive
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
            trap "rm -f /usr/sbin/policy-rc.d" EXIT INT TERM
        fi
        apt-get update && apt-get install -y --no-install-recommends "$@"' sh $missing >"$install_log" 2>&1 || {
        echo "error: apt-get failed; its last lines ($install_log):" >&2
        tail -n 15 "$install_log" >&2
        return 1
    }
}
