#!/bin/sh
# perf.sh FOLDER: perf and those of its libraries that the images have not.
set -eu
out=$1
mkdir -p "$out/usr/bin" "$out/usr/lib"
binary=$(ls /usr/bin/perf_* 2>/dev/null | head -n 1)
cp "${binary:-/usr/bin/perf}" "$out/usr/bin/perf"
ldd "$out/usr/bin/perf" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | while read -r library; do
    case $library in
        */libc.so.6 | */libm.so.6 | */libstdc++.so.6 | */libgcc_s.so.1 | */libz.so.1 | */liblzma.so.5) ;;
        *) mkdir -p "$out$(dirname "$library")" && cp -L "$library" "$out$library" ;;
    esac
done
# An ordinary user gets a capability by the file that is executed, and in no other way.
setcap cap_perfmon=ep "$out/usr/bin/perf"
