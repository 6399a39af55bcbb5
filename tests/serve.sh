#!/bin/sh
# Unpacks Debian's MQTT broker and headless Chromium into FOLDER; needs apt, no root, changes nothing else:
#     tests/serve.sh FOLDER
# Packages that the system has already are unpacked too: --reinstall.
set -eu
mkdir -p "$1/lists/partial" "$1/debs/partial"
folder=$(cd "$1" && pwd)
fail() { echo "no broker and browser: $1" >&2; exit 1; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "they are unpacked from packages of Debian, and apt is not here"
[ -x "$folder/root/usr/sbin/mosquitto" ] && [ -x "$folder/root/usr/lib/chromium/chromium" ] && exit 0
apt() {
    apt-get -qq -o Dir::State::Lists="$folder/lists" -o Dir::Cache::Archives="$folder/debs" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
apt update >"$folder/log" 2>&1 || fail "the lists of packages cannot be had (see $folder/log)"
apt install --download-only --reinstall --yes --no-install-recommends mosquitto chromium chromium-common fonts-dejavu-core >>"$folder/log" 2>&1 \
    || fail "the packages cannot be had (see $folder/log)"
for deb in "$folder"/debs/*.deb; do
    dpkg-deb -x "$deb" "$folder/root"
done
[ -x "$folder/root/usr/sbin/mosquitto" ] && [ -x "$folder/root/usr/lib/chromium/chromium" ] || fail "the packages lack what is needed"
