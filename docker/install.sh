#!/bin/sh
# install.sh FOLDER ARGUMENTS…: what pip is told to install, into FOLDER, without what no service runs.
set -eu
app=$1
shift
mkdir -p "$app"
touch /tmp/before
python3 -m pip install --quiet --no-compile --target "$app" "$@"
cd "$app"
rm -rf bin share pyarrow/include pyarrow/tests pyarrow/src pandas/tests numpy/*/tests numpy/tests numpy/f2py
# Of Arrow, Streamlit reads and writes tables in memory: no flight, no cloud, no files of other formats.
rm -f pyarrow/libarrow_flight* pyarrow/libarrow_s3* pyarrow/libarrow_gcs* \
    pyarrow/_flight* pyarrow/_s3fs* pyarrow/_substrait* pyarrow/_gcsfs*
find . -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.map' | xargs rm -f
# Without times in them: the same sources make the same image. Templates among the packages' files are no Python.
find . -name '*.py' -newer /tmp/before | sort \
    | python3 -m compileall -q --invalidation-mode unchecked-hash -i - > /dev/null || true
