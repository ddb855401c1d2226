#!/bin/sh
# rootfs.sh FOLDER: the files of the packages in docker/packages.txt, our users, and nothing to read or to configure.
set -eu
root=$1
here=$(dirname "$0")
mkdir -p "$root" /empty /tmp/packages
apt-get update -qq
# A dpkg whose database is empty would install everything again: here only the files are wanted.
(cd /tmp/packages && xargs apt-get download -qq < "$OLDPWD/$here/packages.txt")
for package in /tmp/packages/*.deb; do dpkg-deb --extract "$package" "$root"; done
# What software lists itself as installed, for scanners and the bill of materials.
mkdir -p "$root/var/lib/dpkg/status.d"
for package in /tmp/packages/*.deb; do
    dpkg-deb --field "$package" > "$root/var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
done
cd "$root"
rm -rf usr/share/doc/*/changelog* usr/share/man usr/share/locale usr/share/lintian usr/share/bug \
    usr/lib/python3.11/ensurepip usr/lib/python3.11/idlelib usr/lib/python3.11/lib2to3 usr/lib/python3.11/turtledemo \
    usr/lib/python3.11/test usr/lib/python3.11/pydoc_data usr/lib/python3.11/tkinter usr/lib/python3.11/distutils \
    usr/share/zoneinfo/right usr/share/zoneinfo/posix usr/sbin etc/ca-certificates* usr/share/ca-certificates \
    usr/lib/*/gconv usr/share/python3 usr/share/pixmaps usr/share/applications
mkdir -p etc/ssl/certs tmp root proc sys dev run
chmod 1777 tmp
cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
ln -s python3.11 usr/bin/python3
cat > etc/passwd <<END
root:x:0:0:root:/root:/nonexistent
collector:x:10001:10001:PerfWatch collector:/data:/nonexistent
bridge:x:10002:10002:PerfWatch bridge:/data:/nonexistent
dashboard:x:10003:10003:PerfWatch dashboard:/data:/nonexistent
alerts:x:10004:10004:PerfWatch alerts:/data:/nonexistent
devices:x:10005:10005:PerfWatch devices:/data:/nonexistent
END
cut -d: -f1,3 etc/passwd | sed 's/\(.*\):\(.*\)/\1:x:\2:/' > etc/group
grep '^PRETTY_NAME\|^ID=\|^VERSION_ID' /etc/os-release > etc/os-release
