#!/bin/sh
# Makes a small aarch64 machine of packages in FOLDER; needs apt, pip, no root, changes nothing else:
#     tests/aarch64.sh FOLDER
# FOLDER/python/bin/python is then an emulated Python of Debian 13, FOLDER/toolchain.cmake builds for it.
# Debian 12's own qemu (7.2) crashes in LiteRT. QEMU_CPU chooses another processor than that of a Raspberry Pi 5.
set -eu
suite=trixie
python=3.13
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/lists/partial" "$1/debs/partial"
folder=$(cd "$1" && pwd)
cp -p "$here/aarch64.cmake" "$folder/toolchain.cmake"
[ "$folder/stamp" -nt "$0" ] && [ "$folder/stamp" -nt "$here/../constraints.txt" ] && exit
fail() { echo "no aarch64: $1" >&2; exit 1; }
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || fail "the emulator is a program for x86-64 Linux"
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "it is unpacked from packages of Debian, and apt is not here"
# The mirror is the one that this machine gets Debian from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' | head -n 1)
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep '/debian/$' | head -n 1)
[ -n "$mirror" ] || fail "apt knows no mirror of Debian"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$folder/sources.list"
: >"$folder/status"  # of that machine, where nothing is installed
apt() {
    apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$folder/lists" -o Dir::State::status="$folder/status" \
        -o Dir::Cache::Archives="$folder/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Architectures::=amd64 \
        -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
apt update >"$folder/log" 2>&1 || fail "the lists of $suite cannot be had (see $folder/log)"
apt install --download-only --yes --no-install-recommends "python$python" libstdc++6 qemu-user:amd64 >>"$folder/log" 2>&1 ||
    fail "the packages of $suite cannot be had (see $folder/log)"
# Alone: the C library's headers, on which it depends, are those of zig.
(cd "$folder/debs" && apt download "libpython$python-dev") >>"$folder/log" 2>&1 || fail "libpython$python-dev cannot be had"
rm -rf "$folder/root" "$folder/python"
for deb in "$folder"/debs/*_arm64.deb; do
    dpkg-deb -x "$deb" "$folder/root"
done
ln -s usr/lib "$folder/root/lib"
dpkg-deb --fsys-tarfile "$folder"/debs/qemu-user_*.deb | tar -x -C "$folder" --strip-components=3 ./usr/bin/qemu-aarch64

# A virtual environment whose Python starts the emulator: programs that it starts by sys.executable are emulated too.
mkdir -p "$folder/python/bin"
echo "home = $folder/root/usr/bin" >"$folder/python/pyvenv.cfg"
cat >"$folder/python/bin/python" <<END
#!/bin/sh
export QEMU_CPU="\${QEMU_CPU:-cortex-a76}"
exec "$folder/qemu-aarch64" -L "$folder/root" -0 "\$0" "$folder/root/usr/bin/python$python" "\$@"
END
chmod +x "$folder/python/bin/python"

pip() { "${PIP:-pip}" install --quiet --upgrade -c "$folder/constraints.txt" "$@" >>"$folder/log" 2>&1; }
sed 's/^opencv-python=/opencv-python-headless=/' "$here/../constraints.txt" >"$folder/constraints.txt"
pip --target "$folder/tools" ziglang auditwheel || fail "zig, the compiler, cannot be had (see $folder/log)"
pip --target "$folder/python/lib/python$python/site-packages" --python-version "$python" --only-binary :all: \
    --platform manylinux_2_17_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_28_aarch64 \
    scikit-build-core pybind11 pytest hypothesis ||
    fail "the wheels for aarch64 cannot be had (see $folder/log)"
touch "$folder/stamp"
