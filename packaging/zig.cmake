# Builds for Linux on SHIPEDGE_MACHINE (x86_64 or aarch64) with glibc 2.17 or later, by zig; packaging/wheels.py sets the variables.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR $ENV{SHIPEDGE_MACHINE})
set(zig $ENV{SHIPEDGE_ZIG})
set(CMAKE_CXX_COMPILER ${zig} c++ -target ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu.2.17)
set(CMAKE_CXX_ARCHIVE_CREATE "${zig} ar qcs <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "${zig} ar qs <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "${zig} ranlib <TARGET>")
set(CMAKE_CXX_FLAGS_INIT "$ENV{SHIPEDGE_FLAGS}")
# Not zig's own unwinder: before Python 3.14 a thread that is still at work when the process ends is unwound by the
# system's, and two that meet on one stack end with SIGSEGV. The linker strips, since the strip of this machine cannot.
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s $ENV{SHIPEDGE_LIBGCC}")
set(CMAKE_STRIP true)
