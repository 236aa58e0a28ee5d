#!/usr/bin/env bash
# Downloads the arm64 packages that the core and its tests link to and unpacks them into FOLDER, with package lists of its
# own: the machine's apt is not told of another architecture, and no root is needed.  arm64-packages.sh FOLDER
set -eu
[ ! -e "$1/done" ] || exit 0
mkdir -p "$1"
root=$(cd "$1" && pwd)
mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial" "$root/debs"
options=(-o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=arm64
    -o "Dir::State::lists=$root/apt/lists" -o "Dir::Cache=$root/apt/cache" -o APT::Sandbox::User="" -qq)
apt-get "${options[@]}" update
cd "$root/debs"
apt-get "${options[@]}" download zlib1g-dev:arm64 zlib1g:arm64 \
    libcmocka-dev:arm64 libcmocka0:arm64
for package in *.deb; do
    dpkg-deb -x "$package" "$root"
done
rm -rf "$root/apt"
touch "$root/done"
