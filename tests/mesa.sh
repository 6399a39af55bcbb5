#!/bin/sh
# Unpacks Mesa's software Vulkan driver (lavapipe) of bookworm-backports into FOLDER; needs apt, no root, changes nothing else:
#     tests/mesa.sh FOLDER
# Debian 12's own Mesa lacks a feature that LiteRT's GPU accelerator asks for.
set -eu
suite=bookworm-backports
mkdir -p "$1/lists/partial" "$1/debs/partial"
folder=$(cd "$1" && pwd)
fail() { echo "no software Vulkan: $1" >&2; exit 1; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "it is unpacked from packages of Debian, and apt is not here"
# The mirror is the one that this machine gets Debian from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' | head -n 1)
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep '/debian/$' | head -n 1)
[ -n "$mirror" ] || fail "apt knows no mirror of Debian"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$folder/sources.list"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >>"$folder/sources.list"
apt() {
    apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$folder/lists" -o Dir::Cache::Archives="$folder/debs" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
apt update >"$folder/log" 2>&1 || fail "the lists of $suite cannot be had (see $folder/log)"
# Only what this machine lacks: a second C library in LD_LIBRARY_PATH would end every program.
apt install --download-only --reinstall --yes --no-install-recommends --target-release "$suite" \
    mesa-vulkan-drivers libvulkan1 >>"$folder/log" 2>&1 || fail "the packages of $suite cannot be had (see $folder/log)"
for deb in "$folder"/debs/*.deb; do
    dpkg-deb -x "$deb" "$folder/root"
done
ls "$folder"/root/usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null || fail "$suite has a Mesa without lavapipe"
