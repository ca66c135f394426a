#!/bin/bash
# A deleted user's work comes home, on this machine, in a temporary directory. Everything shown is real:
# real files, a real server, real deletions. Ends with exit code 0 only if everything was equal.
set -euo pipefail
lifeboat=$(realpath "${LIFEBOAT:-build/lifeboat}")
work=$(mktemp -d "${TMPDIR:-/tmp}/lifeboat-demo-XXXXXX")
export LIFEBOAT_DATA=$work/data
server=
finish() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true # it may have ended
    rm -rf "$work"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }
lb() { "$lifeboat" "$@"; }
json() { python3 -c 'import json,sys; value = json.load(sys.stdin)
for name in sys.argv[1].split("."): value = value.get(name, "") if isinstance(value, dict) else ""
print(value)' "$1"; }

home_of() { # KIND NAME
    local uid
    uid=$(lb studio "$1" show "$2" --domain studio --json | json HomeEfsFileSystemUid)
    echo "$LIFEBOAT_DATA/efs/$file_system/$uid"
}

fill() { # HOME WHOSE
    mkdir -p "$1/project/data/raw" "$1/.config"
    echo "i don't want to lose access to this file" >"$1/$2.txt"
    printf 'print("hello")\n' >"$1/project/train.py"
    chmod 750 "$1/project/train.py"
    ln -s train.py "$1/project/latest.py"
    ln -s ../nowhere "$1/project/dangling"
    ln "$1/$2.txt" "$1/project/the-same-file.txt"
    truncate -s 200M "$1/project/data/sparse.bin"
    printf 'the end' >>"$1/project/data/sparse.bin"
    head -c 64M /dev/urandom >"$1/project/data/raw/large.bin"
    echo odd >"$1/an odd name	with a tab, ümläuts and a
newline.txt"
    echo odd >"$1/$(printf 'not-utf8-\377\376')"
    for i in $(seq 200); do echo "$i" >"$1/project/data/part-$i.csv"; done
    touch "$1/.config/empty"
}

manifest() { # HOME: every name with type, mode, link target; then sizes and checksums of files
    (cd "$1" && find . -mindepth 1 -printf '%p: %y %m %l\0' | LC_ALL=C sort -z | tr '\0' '\n'
     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

wait_for_recovery() { # NAME [--space]
    local status
    for _ in $(seq 600); do
        status=$(lb recover status "$@" --domain studio --json | json Row.replication_status)
        case $status in
        SUCCESS) return 0 ;;
        ERROR) lb recover status "$@" --domain studio; fail "the recovery of $1 ended in an error" ;;
        esac
        sleep 0.1
    done
    fail "the recovery of $1 did not end within a minute (status: $status)"
}

say "1. A local cloud: every service on one port, everything below $LIFEBOAT_DATA"
"$lifeboat" serve --listen 127.0.0.1:0 >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 200); do
    [ -e "$LIFEBOAT_DATA/endpoint.json" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log"; fail "the server did not start"; }
    sleep 0.05
done
cat "$work/server.log"

say "2. A domain, a user and a space, with work in their homes"
lb studio domains create studio
file_system=$(lb studio domains show studio --json | json HomeEfsFileSystemId)
lb studio users create user1 --domain studio >/dev/null
lb studio spaces create space1 --domain studio >/dev/null
old_user=$(home_of users user1)
old_space=$(home_of spaces space1)
fill "$old_user" user1
fill "$old_space" space1
manifest "$old_user" >"$work/user.before"
manifest "$old_space" >"$work/space.before"
echo "user1:  $(find "$old_user" -type f | wc -l) files in $old_user"
echo "space1: $(find "$old_space" -type f | wc -l) files in $old_space"
for _ in $(seq 200); do
    [ "$(lb registry list --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" = 2 ] && break
    sleep 0.05
done
lb registry list

say "3. Somebody deletes both, and creates them again: new, empty homes"
lb studio users delete user1 --domain studio --yes
lb studio spaces delete space1 --domain studio --yes
lb studio users create user1 --domain studio
lb studio spaces create space1 --domain studio
new_user=$(home_of users user1)
new_space=$(home_of spaces space1)

say "4. Nobody does anything. Lifeboat brings the work home"
wait_for_recovery user1
wait_for_recovery space1 --space
lb registry list

say "5. What happened, step by step"
execution=$(lb recover status user1 --domain studio --json | json Row.recovery_execution)
lb executions show "$execution"

say "6. Is it all there?"
manifest "$new_user" >"$work/user.after"
manifest "$new_space" >"$work/space.after"
diff "$work/user.before" "$work/user.after" >&2 || fail "user1's files differ"
diff "$work/space.before" "$work/space.after" >&2 || fail "space1's files differ"
echo "user1 and space1: every name, mode, link and checksum is equal"
if [ "$(id -u)" = 0 ]; then
    [ "$(find "$new_user" -mindepth 1 -printf '%U\n' | sort -u)" = "$(basename "$new_user")" ] || fail "files do not belong to the new user"
    echo "every file belongs to the new UID $(basename "$new_user")"
else
    echo "(not root: files keep this user as their owner)"
fi
[ "$(stat -c %h "$new_user/user1.txt")" = 2 ] || fail "the hard link was lost"
[ "$(du -k "$new_user/project/data/sparse.bin" | cut -f1)" -lt 1024 ] || fail "the sparse file was filled in"
echo "the hard link is one, the sparse file is sparse"
say "Done: the work is home."
