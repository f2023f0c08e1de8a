#!/bin/sh
# From a clone to a running mail server: installs what is needed, builds, makes an instance below one folder, starts
# it, sends it a message by SMTP and reads that back by IMAP. `quickstart.sh --help` lists the options.
# Needs only the base system of Debian 12; everything else it installs itself.
set -eu
LC_ALL=C
export LC_ALL
source_folder=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=packaging/packages.sh
. "$source_folder/packaging/packages.sh"

domain=posthouse.example
programs="posthoused authd guardd historyd lmtpd queued smtpd imapd pop3d bridged posthouse"
# Each port is the base plus the last two digits of the protocol's own port.
tcp_listeners="smtp:25 submission:87 submissions:65 imap:43 imaps:93 pop3:10 pop3s:95 http:80"
socket_listeners="lmtp auth login userdb socketmap guard"

folder=./run
port_base=
ports=
action=start
install=yes
build=yes
build_folder=$source_folder/build/release

usage() {
    cat <<'USAGE'
usage: packaging/quickstart.sh [options]

Runs a mail server for trying it out: everything below one folder, unprivileged ports, two users.

  --dir DIR         folder of the instance (default: ./run)
  --port-base N     first of 100 ports to use (default: 12000): SMTP on N+25, submission N+87 and N+65 (TLS),
                    IMAP N+43 and N+93 (TLS), POP3 N+10 and N+95 (TLS), HTTP N+80
  --port NAME=PORT  one port in particular: smtp submission submissions imap imaps pop3 pop3s http
  --stop            stop the instance in DIR
  --no-install      install no packages
  --no-build        build nothing; use what --build-dir holds
  --build-dir DIR   folder of the build (default: build/release)
  --help            this text

A second run keeps configuration, users and mail of DIR and is fast. Programs read DIR/instance.json.
USAGE
}

fail() {
    echo "error: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --dir | --port-base | --port | --build-dir) [ $# -ge 2 ] || fail "$1 needs a value (see --help)" ;;
    esac
    case $1 in
        --dir) folder=$2 && shift ;;
        --dir=*) folder=${1#*=} ;;
        --port-base) port_base=$2 && shift ;;
        --port-base=*) port_base=${1#*=} ;;
        --port) ports="$ports $2" && shift ;;
        --port=*) ports="$ports ${1#*=}" ;;
        --build-dir) build_folder=$2 && shift ;;
        --build-dir=*) build_folder=${1#*=} ;;
        --stop) action=stop ;;
        --no-install) install=no ;;
        --no-build) build=no ;;
        --help | -h) usage && exit 0 ;;
        *) fail "unknown option $1 (see --help)" ;;
    esac
    shift
done

is_port() {
    case $1 in '' | *[!0-9]* | 0* | ??????*) return 1 ;; esac
    [ "$1" -le 65535 ]
}

if [ -n "$port_base" ]; then
    is_port "$port_base" && [ "$port_base" -le 65435 ] || fail "--port-base must be a number from 1 to 65435, not $port_base"
fi
for assignment in $ports; do
    name=${assignment%%=*}
    case " $tcp_listeners" in *" $name:"*) ;; *) fail "--port: there is no listener $name (see --help)" ;; esac
    is_port "${assignment#*=}" || fail "--port $assignment: a port is a number from 1 to 65535"
done

# running_pid: the process id of the instance's posthoused, if it runs.
running_pid() {
    [ -r "$folder/run/posthoused.pid" ] || return 1
    pid=$(cat "$folder/run/posthoused.pid")
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    # In a container whose first process waits for nobody, what has ended stays as a zombie.
    if [ -r /proc/self/stat ]; then
        case $(cat "/proc/$pid/stat" 2>/dev/null) in
            "$pid (posthoused) "[ZX]*) return 1 ;;
            "$pid (posthoused) "*) ;;
            *) return 1 ;;
        esac
    fi
    echo "$pid"
}

# stop_instance: asks posthoused to stop and waits until it has; running sessions may end first.
stop_instance() {
    pid=$(running_pid) || return 0
    kill -TERM "$pid"
    waited=0
    while running_pid >/dev/null; do
        [ "$waited" -lt 1200 ] || fail "process $pid does not stop; see $folder/log/posthouse.log"
        waited=$((waited + 1))
        sleep 0.05
    done
}

if [ "$action" = stop ]; then
    [ -d "$folder" ] || fail "there is no instance in $folder"
    folder=$(cd "$folder" && pwd)
    if running_pid >/dev/null; then
        stop_instance
        echo "stopped: the instance in $folder"
    else
        echo "nothing to stop: no instance runs in $folder"
    fi
    rm -f "$folder/instance.json"
    exit 0
fi

step_number=0
step_started=
begun=$(date +%s)
step() {
    now=$(date +%s)
    [ -z "$step_started" ] || echo "      done in $((now - step_started)) s"
    step_started=$now
    step_number=$((step_number + 1))
    echo "[$step_number/6] $*"
}

mkdir -p "$folder" || fail "cannot make the folder $folder"
folder=$(cd "$folder" && pwd)
umask 077
for part in db log mail run spool state tls; do
    mkdir -p "$folder/$part" || fail "cannot make the folder $folder/$part"
done
config=$folder/posthouse.toml

# ---------------------------------------------------------------------------------------------------------------------
step "packages"
if [ "$install" = yes ]; then
    if [ "$build" = yes ]; then needed="$build_packages $instance_packages"; else needed=$instance_packages; fi
    # shellcheck disable=SC2086
    install_packages "$folder/log/install.log" $needed || exit 1
fi

step "build"
if [ "$build" = yes ]; then
    # Compiled objects are shared by everybody who builds this source.
    (umask 022 && exec sh "$source_folder/packaging/build.sh" release "$build_folder" "$programs") || exit 1
fi
build_folder=$(cd "$build_folder" 2>/dev/null && pwd) || fail "no folder $build_folder"
bin=$build_folder/bin
for program in $programs; do
    [ -x "$bin/$program" ] || fail "$bin/$program is missing: build first, or leave out --no-build"
done

# ---------------------------------------------------------------------------------------------------------------------
step "instance in $folder"
stop_instance

listen_line() { # NAME PORT
    printf '%s = ["127.0.0.1:%s"]\n' "$1" "$2"
}

write_config() {
    cat <<TOML
# A trial instance, made by packaging/quickstart.sh. docs/configuration.md lists every parameter;
# after a change: kill -HUP \$(cat run/posthoused.pid), or run quickstart.sh again.

[general]
hostname = "mail.$domain"
mail_root = "mail"
state_folder = "state"
run_folder = "run"
spool_folder = "spool"

[listen]
TOML
    for listener in $tcp_listeners; do listen_line "${listener%%:*}" $((${port_base:-12000} + ${listener#*:})); done
    cat <<TOML

[tls]
certificate = "tls/certificate.pem"
key = "tls/key.pem"

[log]
path = "log/posthouse.log"

[directory]
sqlite = "db/directory.sqlite"
TOML
}

# set_port NAME PORT: changes one listener in the configuration.
set_port() {
    grep -q "^$1 = " "$config" || fail "$config has no line '$1 = ...' to change: edit it by hand"
    sed "s|^$1 = .*|$1 = [\"127.0.0.1:$2\"]|" "$config" >"$config.new" && mv "$config.new" "$config"
}

if [ ! -e "$config" ]; then
    write_config >"$config.new" && mv "$config.new" "$config"
elif [ -n "$port_base" ]; then
    for listener in $tcp_listeners; do set_port "${listener%%:*}" $((port_base + ${listener#*:})); done
fi
for assignment in $ports; do set_port "${assignment%%=*}" "${assignment#*=}"; done

if [ ! -e "$folder/tls/key.pem" ] || [ ! -e "$folder/tls/certificate.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj "/CN=mail.$domain" \
        -addext "subjectAltName=DNS:mail.$domain,DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/tls/key.pem" -out "$folder/tls/certificate.pem" 2>"$folder/log/openssl.log" ||
        fail "openssl could not make a certificate: $(tail -n 1 "$folder/log/openssl.log")"
fi

"$bin/posthouse" --config "$config" config check || exit 1

posthouse_value() { # SECTION NAME: the value of a parameter, as TOML
    "$bin/posthouse" --config "$config" config show | awk -v section="[$1]" -v name="$2" '
        /^\[/ { inside = ($0 == section) }
        inside && index($0, name " = ") == 1 { sub(/^[^=]*= /, ""); sub(/  # [^"]*$/, ""); print; exit }'
}
port_of() { # NAME: the first port of a listener; nothing when it is switched off
    posthouse_value listen "$1" | sed -n 's/^\["[^"]*:\([0-9]*\)".*/\1/p'
}
host_of() {
    posthouse_value listen "$1" | sed -n 's/^\["\([^"]*\):[0-9]*".*/\1/p' | sed 's/^\*$/127.0.0.1/; s/^localhost$/127.0.0.1/'
}

port_in_use() { # PORT: somebody listens (state 0A) on it
    [ -r /proc/net/tcp ] || return 1
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$(printf '%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}
for listener in $tcp_listeners; do
    name=${listener%%:*}
    port=$(port_of "$name")
    [ -n "$port" ] || continue
    if port_in_use "$port"; then
        fail "port $port, wanted for $name, is in use by another program: choose others with --port-base N or --port $name=PORT"
    fi
done

password() { # letters and digits only: one that begins with - would be an option to the programs it is given to
    openssl rand -hex 12
}
users=$folder/db/demo-users
if [ ! -e "$users" ]; then
    "$bin/posthouse" --config "$config" domain list --json >"$folder/log/setup.log" 2>&1 &&
        grep -q "\"$domain\"" "$folder/log/setup.log" ||
        "$bin/posthouse" --config "$config" domain add "$domain" >"$folder/log/setup.log" 2>&1 ||
        fail "cannot add the domain $domain: $(tail -n 1 "$folder/log/setup.log")"
    for name in alice bob; do
        secret=$(password)
        command=add
        "$bin/posthouse" --config "$config" user list --json 2>/dev/null | grep -q "\"$name@$domain\"" && command=passwd
        printf '%s\n' "$secret" |
            "$bin/posthouse" --config "$config" user $command "$name@$domain" --password-stdin >"$folder/log/setup.log" 2>&1 ||
            fail "cannot add the user $name@$domain: $(tail -n 1 "$folder/log/setup.log")"
        printf '%s@%s %s\n' "$name" "$domain" "$secret" >>"$users.new"
    done
    mv "$users.new" "$users"
fi

# ---------------------------------------------------------------------------------------------------------------------
step "start"
"$bin/posthoused" --config "$config" --background || exit 1
# From here on a failure stops what was started.
trap 'stop_instance' EXIT
trap 'exit 1' INT TERM

step "send a message by SMTP, read it by IMAP"
token=quickstart-$(date +%s)-$$
smtp=$(host_of smtp):$(port_of smtp)
message=$folder/state/$token
printf 'From: Alice <alice@%s>\r\nTo: Bob <bob@%s>\r\nSubject: Welcome to Posthouse\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n\r\n%s\r\n' \
    "$domain" "$domain" "$(date -R)" "$token" "$domain" "It works: this message came in by SMTP." >"$message"
curl -sS --max-time 60 "smtp://$smtp/mail.$domain" --mail-from "alice@$domain" --mail-rcpt "bob@$domain" \
    --upload-file "$message" 2>"$folder/log/curl.log" || {
    rm -f "$message"
    fail "SMTP on $smtp did not take the message: $(tail -n 1 "$folder/log/curl.log"); see $folder/log/posthouse.log"
}
rm -f "$message"

imaps=$(host_of imaps):$(port_of imaps)
bob_password=$(sed -n "s/^bob@$domain //p" "$users")
imap_curl() { # the password travels in a configuration on standard input, not on the command line
    printf 'user = "bob@%s:%s"\n' "$domain" "$bob_password" |
        curl -sS --max-time 60 -K - --cacert "$folder/tls/certificate.pem" "$@" 2>"$folder/log/curl.log" ||
        fail "IMAP on $imaps: $(tail -n 1 "$folder/log/curl.log"); see $folder/log/posthouse.log"
}
found=$(imap_curl "imaps://$imaps/INBOX" -X "UID SEARCH HEADER Message-ID $token" | tr -d '\r' | sed -n 's/^\* SEARCH \([0-9][0-9]*\).*/\1/p')
[ -n "$found" ] || fail "the message that SMTP took is not found by IMAP; see $folder/log/posthouse.log"
imap_curl "imaps://$imaps/INBOX;UID=$found" | grep -q "It works: this message came in by SMTP." ||
    fail "the message that IMAP gives is not the one that was sent; see $folder/log/posthouse.log"

# ---------------------------------------------------------------------------------------------------------------------
step "instance.json"
json() { # TEXT as a JSON string
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}
{
    printf '{\n  "version": %s,\n' "$(json "$("$bin/posthouse" --version | sed 's/^posthouse //')")"
    printf '  "config": %s,\n  "mail_root": %s,\n' "$(json "$config")" "$(posthouse_value general mail_root)"
    printf '  "listeners": {'
    separator=
    for listener in $tcp_listeners; do
        name=${listener%%:*}
        port=$(port_of "$name")
        [ -n "$port" ] || continue
        printf '%s\n    "%s": {"host": "%s", "port": %s}' "$separator" "$name" "$(host_of "$name")" "$port"
        separator=,
    done
    for name in $socket_listeners; do
        path=$(posthouse_value listen "$name")
        [ "$path" != '""' ] || continue
        printf '%s\n    "%s": {"path": %s}' "$separator" "$name" "$path"
        separator=,
    done
    printf '\n  },\n  "users": ['
    separator=
    while read -r address secret; do
        printf '%s\n    {"address": "%s", "password": "%s"}' "$separator" "$address" "$secret"
        separator=,
    done <"$users"
    printf '\n  ],\n  "processes": {\n    "posthoused": [%s]' "$(cat "$folder/run/posthoused.pid")"
    # The status file has one "key": value per line, "name" before "pid".
    awk -F '[:,]' '
        /^ *"name"/ { gsub(/[ "]/, "", $2); name = $2 }
        name != "" && /^ *"pid"/ {
            gsub(/ /, "", $2)
            if (name in pids) pids[name] = pids[name] ", " $2
            else { order[++count] = name; pids[name] = $2 }
            name = ""
        }
        END { for (i = 1; i <= count; i++) printf ",\n    \"%s\": [%s]", order[i], pids[order[i]] }
    ' "$folder/run/status.json"
    printf '\n  }\n}\n'
} >"$folder/instance.json.new"
mv "$folder/instance.json.new" "$folder/instance.json"
trap - EXIT INT TERM

row() {
    printf '  %-22s %s\n' "$1" "$2"
}
echo
echo "Posthouse runs (ready after $(($(date +%s) - begun)) s). For a mail client:"
echo
while read -r address secret; do row "user, password" "$address   $secret"; done <"$users"
row "incoming, IMAP" "$(host_of imaps) port $(port_of imaps) (TLS), or $(port_of imap) (STARTTLS)"
row "incoming, POP3" "$(host_of pop3s) port $(port_of pop3s) (TLS), or $(port_of pop3) (STARTTLS)"
row "outgoing, SMTP" "$(host_of submissions) port $(port_of submissions) (TLS), or $(port_of submission) (STARTTLS)"
row "certificate" "self-signed: $folder/tls/certificate.pem"
row "from other servers" "SMTP on port $(port_of smtp)"
row "state" "curl http://$(host_of http):$(port_of http)/ready, or $bin/posthouse --config $config status"
row "configuration" "$config"
row "log" "$folder/log/posthouse.log"
row "for programs" "$folder/instance.json"
row "stop" "$source_folder/packaging/quickstart.sh --stop --dir $folder"
