#!/bin/sh
# Unpacks a Python of Debian into FOLDER, with its headers; needs apt and x86-64 Linux, no root, changes nothing else:
#     packaging/debian_python.sh FOLDER SUITE VERSION amd64|arm64
# FOLDER/python/bin/python starts it: that of arm64 in an emulator, that of amd64 with the C library it was built for.
# QEMU_CPU chooses another processor than that of a Raspberry Pi 5.
set -eu
suite=$2
python=$3
arch=$4
mkdir -p "$1/lists/partial" "$1/debs/partial"
folder=$(cd "$1" && pwd)
[ "$folder/stamp" -nt "$0" ] && exit
fail() { echo "no Python $python for $arch: $1" >&2; exit 1; }
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || fail "this needs x86-64 Linux"
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "it is unpacked from packages of Debian, and apt is not here"
# The mirror is the one that this machine gets Debian from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' | head -n 1)
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep '/debian/$' | head -n 1)
[ -n "$mirror" ] || fail "apt knows no mirror of Debian"
# Trixie has the emulator: that of Debian 12 (qemu 7.2) crashes in LiteRT.
for name in $(printf '%s\n' "$suite" trixie | sort -u); do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $name main"
done >"$folder/sources.list"
: >"$folder/status"  # of that machine, where nothing is installed
apt() {
    apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$folder/lists" -o Dir::State::status="$folder/status" \
        -o Dir::Cache::Archives="$folder/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o APT::Architectures::=amd64 \
        -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
apt update >"$folder/log" 2>&1 || fail "the lists of $suite cannot be had (see $folder/log)"
apt install --download-only --yes --no-install-recommends "python$python" libstdc++6 qemu-user:amd64 >>"$folder/log" 2>&1 ||
    fail "the packages of $suite cannot be had (see $folder/log)"
# Alone: the C library's headers, on which it depends, are those of zig.
(cd "$folder/debs" && apt download "libpython$python-dev") >>"$folder/log" 2>&1 || fail "libpython$python-dev cannot be had"
rm -rf "$folder/root" "$folder/python"
mkdir "$folder/root"
for name in lib lib64 bin; do
    mkdir -p "$folder/root/usr/$name"
    ln -s "usr/$name" "$folder/root/$name"
done
for deb in "$folder"/debs/*_"$arch".deb "$folder"/debs/*_all.deb; do
    case $deb in */qemu-user_* | */'*'*) continue ;; esac
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder/root" --keep-directory-symlink
done

# A virtual environment whose Python starts the other one: programs that it starts by sys.executable are of its kind too.
mkdir -p "$folder/python/bin" "$folder/python/lib/python$python/site-packages"
echo "home = $folder/root/usr/bin" >"$folder/python/pyvenv.cfg"
binary=$folder/root/usr/bin/python$python
if [ "$arch" = arm64 ]; then
    dpkg-deb --fsys-tarfile "$folder"/debs/qemu-user_*.deb | tar -x -C "$folder" --strip-components=3 ./usr/bin/qemu-aarch64
    cat >"$folder/python/bin/python" <<END
#!/bin/sh
export QEMU_CPU="\${QEMU_CPU:-cortex-a76}"
exec "$folder/qemu-aarch64" -L "$folder/root" -0 "\$0" "$binary" "\$@"
END
else
    cat >"$folder/python/bin/python" <<END
#!/bin/sh
exec "$folder/root/lib64/ld-linux-x86-64.so.2" --argv0 "\$0" --library-path "$folder/root/usr/lib/x86_64-linux-gnu" "$binary" "\$@"
END
fi
chmod +x "$folder/python/bin/python"
"$folder/python/bin/python" -c 'import ctypes, ssl, sys, zlib; sys.exit(sys.prefix == sys.base_prefix)' || fail "it does not start"
touch "$folder/stamp"
