#!/bin/sh
# Unpacks Debian's GStreamer RTSP server into FOLDER; needs apt, no root, changes nothing else:
#     tests/streams.sh FOLDER
set -eu
mkdir -p "$1/lists/partial" "$1/debs/partial"
folder=$(cd "$1" && pwd)
fail() { echo "no RTSP server: $1" >&2; exit 1; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "it is unpacked from packages of Debian, and apt is not here"
apt() {
    apt-get -qq -o Dir::State::Lists="$folder/lists" -o Dir::Cache::Archives="$folder/debs" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
[ -x /usr/bin/python3 ] || fail "it is run by Debian's Python, and /usr/bin/python3 is not here"
apt update >"$folder/log" 2>&1 || fail "the lists of packages cannot be had (see $folder/log)"
apt install --download-only --yes --no-install-recommends gir1.2-gst-rtsp-server-1.0 python3-gi \
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly >>"$folder/log" 2>&1 \
    || fail "the packages cannot be had (see $folder/log)"
for deb in "$folder"/debs/*.deb; do
    dpkg-deb -x "$deb" "$folder/root"
done
ls "$folder"/root/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib >/dev/null || fail "the packages lack what is needed"
