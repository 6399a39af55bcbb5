# Builds for Linux on aarch64, with glibc 2.17 or later, by the zig that tests/aarch64.sh puts beside a copy of this file.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(zig ${CMAKE_CURRENT_LIST_DIR}/tools/ziglang/zig)
set(root ${CMAKE_CURRENT_LIST_DIR}/root/usr)
set(CMAKE_CXX_COMPILER ${zig} c++ -target aarch64-linux-gnu.2.17)
set(CMAKE_CXX_ARCHIVE_CREATE "${zig} ar qcs <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "${zig} ar qs <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "${zig} ranlib <TARGET>")
# Debian's pyconfig.h includes <aarch64-linux-gnu/python3.13/pyconfig.h>.
set(CMAKE_CXX_FLAGS_INIT "-isystem ${root}/include")
# Not zig's own unwinder: before Python 3.14 a thread that is still at work when the process ends is unwound by the
# system's, and two that meet on one stack end with SIGSEGV. The linker strips, since the strip of this machine cannot.
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s ${root}/lib/aarch64-linux-gnu/libgcc_s.so.1")
set(CMAKE_STRIP true)
