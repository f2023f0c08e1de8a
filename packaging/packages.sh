# Which packages of Debian 12 are needed for what, and how they are installed. Sourced by quickstart.sh and tests/run.sh.

# To build the server.
build_packages="clang-19 lld-19 libstdc++-12-dev libc6-dev cmake ninja-build pkg-config ccache
  libuv1-dev libssl-dev libsqlite3-dev libmariadb-dev liblmdb-dev zlib1g-dev libarchive-dev libunbound-dev libsodium-dev libargon2-dev libcurl4-openssl-dev libfmt-dev
  libspdlog-dev libtomlplusplus-dev libcli11-dev
  nlohmann-json3-dev libboost-dev prometheus-cpp-dev libicu-dev"
# To make a trial instance and to send it a message. dns-root-data has the trust anchor of DNSSEC.
instance_packages="openssl curl dns-root-data"
# To build and run the tests: libraries, the mail programs that talk to the server, the peer that shares its mail, what
# reads the filter for fail2ban, a DNS server and what signs its zones, what gives a network addresses, what shows manual
# pages, shells that complete, and a browser. Roundcube wants a PHP for a web server: php-cgi is the one without Apache.
test_packages="libgtest-dev libbenchmark-dev python3 strace dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd
  dovecot-mysql mariadb-server gsasl swaks libio-socket-ssl-perl libnet-ssleay-perl libauthen-sasl-perl msmtp isync mutt neomutt
  offlineimap3 getmail6 fetchmail imapfilter libmail-imapclient-perl fail2ban
  nsd ldnsutils iproute2 groff-base man-db zsh fish roundcube-core roundcube-sqlite3 php-cli php-cgi chromium chromium-driver
  python3-selenium"
# Mail servers that the tests run, too, and that can't be installed beside each other, nor beside whatever sends this machine's
# mail. tests/run.sh unpacks them below build/unpacked/.
unpacked_packages="postfix exim4-daemon-heavy"
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
        # Roundcube would make itself a database in a MariaDB that runs here.
        echo "roundcube-core roundcube/dbconfig-install boolean false" | debconf-set-selections
        apt-get update && apt-get install -y --no-install-recommends "$@"' sh $missing >"$install_log" 2>&1 || {
        echo "error: apt-get failed; its last lines ($install_log):" >&2
        tail -n 15 "$install_log" >&2
        return 1
    }
}

# unpack_packages FOLDER NAME...: unpacks each package, with all it needs that isn't installed, below FOLDER/NAME, unless it is
# there already. Nothing is installed and no script of a package runs.
unpack_packages() {
    unpack_folder=$1
    shift
    for package in "$@"; do
        [ ! -d "$unpack_folder/$package" ] || continue
        mkdir -p "$unpack_folder"
        unpacking=$(mktemp -d "$(cd "$unpack_folder" && pwd)/.XXXXXX") || return 1
        mkdir -p "$unpacking/debs/partial" "$unpacking/files/usr"
        (
            { [ "$(id -u)" != 0 ] || apt-get update; } &&
                apt-get install -y --no-install-recommends --reinstall --download-only -o Debug::NoLocking=1 \
                    -o Dir::Cache::archives="$unpacking/debs" "$package" &&
                for deb in "$unpacking"/debs/*.deb; do dpkg-deb -x "$deb" "$unpacking/files" || exit 1; done &&
                chmod 755 "$unpacking/files" &&
                mv -T "$unpacking/files" "$unpack_folder/$package" # fails when another was quicker
        ) >"$unpack_folder/$package.log" 2>&1 || true
        rm -rf "$unpacking"
        [ -d "$unpack_folder/$package" ] || {
            echo "error: cannot unpack $package; see $unpack_folder/$package.log" >&2
            return 1
        }
    done
}
