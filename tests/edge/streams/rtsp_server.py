"""Debian's GStreamer RTSP server with the faults of cameras; runs under Debian's Python, see tests/streams.sh.

Prints its port; lines on standard input change what it does: "size W H", "pattern NAME", "loss SHARE".
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
port, user, *codec = sys.argv[1:]
ENCODED = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! identity name=loss"
    " ! rtph264pay name=pay0 config-interval=1",
    "jpeg": "jpegenc ! identity name=loss ! rtpjpegpay name=pay0",
}[codec[0] if codec else "h264"]
LAUNCH = (
    "( videotestsrc name=source is-live=true pattern=ball"
    " ! capsfilter name=caps caps=video/x-raw,format=I420,width=320,height=240,framerate=25/1"
    f" ! {ENCODED} )"
)
elements = []


state = {}


def configured(_factory, media):
    elements.append(media.get_element())
    for word, values in state.items():
        change(elements[-1], word, values)


def change(element, word, values):
    if element.get_by_name("source") is None:  # of a client that has left
        return
    if word == "size":
        caps = f"video/x-raw,format=I420,width={values[0]},height={values[1]},framerate=25/1"
        element.get_by_name("caps").set_property("caps", Gst.Caps.from_string(caps))
    elif word == "pattern":
        element.get_by_name("source").set_property("pattern", values[0])
    elif word == "loss":
        element.get_by_name("loss").set_property("drop-probability", float(values[0]))


def obey():
    for line in sys.stdin:
        word, *values = line.split()
        state[word] = values
        for element in elements:
            change(element, word, values)
    loop.quit()


server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(LAUNCH)
factory.set_shared(True)
factory.connect("media-configure", configured)
if user:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    name, _, password = user.partition(":")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/stream1", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
loop = GLib.MainLoop()
threading.Thread(target=obey, daemon=True).start()
loop.run()
