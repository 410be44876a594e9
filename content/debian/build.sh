#!/usr/bin/env bash
# Builds the region's base image: a Debian system container of the host's own release, from Debian packages fetched
# from the mirrors this machine's apt already uses. Output: one Incus "unified" image tarball and a JSON beside it.
# It must never name a mirror itself, bake in a key, a machine identity or an address, or leave a mount behind.
#
#   build.sh OUTPUT_FOLDER      needs root, debootstrap, zstd; skipped when the image of this recipe is already there
#
# The image's last line on standard output is the path of the JSON; progress goes to standard error.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
unset TMPDIR # a folder of the host: programs in the new root would look for it there

recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=${1:?usage: build.sh OUTPUT_FOLDER}
started=$SECONDS
say() { printf 'base image [%3d s] %s\n' $((SECONDS - started)) "$*" >&2; }
fail() { say "cannot be built: $*"; exit 1; }

[ "$(id -u)" = 0 ] || fail "debootstrap needs root; run it as root"
for tool in debootstrap zstd tar chroot; do
  command -v "$tool" >/dev/null || fail "$tool is missing; apt-get install $tool"
done
. /etc/os-release
[ "${ID:-}" = debian ] || fail "the host is ${ID:-unknown}, this recipe builds from a Debian host's own release"
architecture=$(dpkg --print-architecture)
name=debian-$VERSION_ID-$architecture

# The recipe's own bytes decide whether an image that is already there is the one it would build.
recipe_sha256=$(cd "$recipe" && find . -type f -not -name '*.md' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
mkdir -p "$output"
exec 9>"$output/.lock"
flock 9 # whoever else builds into this folder now builds for us too
if [ -f "$output/$name.tar.zst" ] && grep -qs "\"recipe\": \"$recipe_sha256\"" "$output/$name.json"; then
  say "already there: $output/$name.tar.zst"
  echo "$output/$name.json"
  exit 0
fi

# "release uri component" of every package index apt knows for this release: the mirrors are the machine's choice.
indexes=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
  awk -v r="$VERSION_CODENAME" '($1==r || $1==r"-updates" || $1==r"-security") && $3=="main"' | sort -u)
mirror=$(awk -v r="$VERSION_CODENAME" '$1==r {print $2; exit}' <<<"$indexes")
[ -n "$mirror" ] || fail "apt has no source for $VERSION_CODENAME main; add one to /etc/apt/sources.list.d and run apt-get update"
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
for variable in http_proxy https_proxy; do if [ -n "${!variable:-}" ]; then export "${variable?}"; fi; done

work=$(mktemp -d "$output/.build.XXXXXX")
root=$work/stage/rootfs
log=$work/build.log
clean() {
  local status=$?
  umount "$root/proc" 2>/dev/null || true
  if [ $status -ne 0 ] && [ -f "$log" ]; then
    tail -n 20 "$log" >&2
    cp "$log" "$output/$name.log" && say "failed; the whole log is $output/$name.log"
  fi
  rm -rf --one-file-system "$work"
}
trap clean EXIT
mkdir -p "$root"

say "1/5 debootstrap $VERSION_CODENAME ($architecture) from the mirror apt uses"
debootstrap --variant=minbase --arch="$architecture" "$VERSION_CODENAME" "$root" "$mirror" >"$log" 2>&1

say "2/5 packages, with security updates"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service starts while we build
chmod 755 "$root/usr/sbin/policy-rc.d"
cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
awk '{print "deb " $2 " " $1 " " $3}' <<<"$indexes" >"$root/etc/apt/sources.list"
mount -t proc proc "$root/proc"
apt_in() { chroot "$root" apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1; }
apt_in update
packages=()
while read -r package; do
  case $package in
    '' | '#'*) ;;
    '?'*) if chroot "$root" apt-cache show "${package#?}" >/dev/null 2>&1; then packages+=("${package#?}"); fi ;;
    *) packages+=("$package") ;;
  esac
done <"$recipe/packages.txt"
apt_in dist-upgrade
apt_in install --no-install-recommends "${packages[@]}"
epoch=$(cd "$root/var/lib/apt/lists" && sed -n 's/^Date: //p' ./*Release | while read -r d; do date -d "$d" +%s; done | sort -n | tail -n 1)
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$work/packages"

say "3/5 configuration"
rm -f "$root/usr/sbin/policy-rc.d"
cp -rT --no-preserve=ownership "$recipe/overlay" "$root"
chroot "$root" systemctl -q enable systemd-networkd.service systemd-networkd-wait-online.service ssh.service >>"$log" 2>&1
if [ -e "$root/lib/systemd/system/systemd-resolved.service" ]; then
  chroot "$root" systemctl -q enable systemd-resolved.service >>"$log" 2>&1
fi
while read -r unit; do
  case $unit in '' | '#'*) ;; *) ln -sf /dev/null "$root/etc/systemd/system/$unit" ;; esac
done <"$recipe/masked-units.txt"
rm -f "$root/etc/resolv.conf"
ln -s ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

say "4/5 what must be each instance's own, or can differ between two builds, goes"
umount "$root/proc"
apt_lists=$root/var/lib/apt/lists
rm -rf "$root"/etc/ssh/ssh_host_* "$apt_lists" "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/* \
  "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/* "$root"/tmp/* "$root"/run/* "$root"/dev/* \
  "$root"/var/lib/systemd/random-seed "$root"/var/lib/dbus/machine-id "$root"/var/lib/cloud "$root"/etc/hostname \
  "$root"/usr/share/man "$root"/usr/share/info "$root"/usr/share/locale "$root"/etc/*-
find "$root/usr/share/doc" -mindepth 1 -not -name copyright -not -type d -delete # licences stay
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
mkdir -p "$apt_lists/partial" "$root/var/log/journal" "$root/var/cache/apt/archives/partial"
: >"$root/etc/machine-id"
printf '# The region'"'"'s own mirror goes here; an instance reaches nothing outside.\n' >"$root/etc/apt/sources.list"
days=$((epoch / 86400))
sed -i -E "s/^([^:]*:[^:]*):[0-9]+:/\1:$days:/" "$root/etc/shadow"

say "5/5 packing"
cp -r "$recipe/templates" "$work/stage/templates"
sed -e "s/@architecture@/$(uname -m)/" -e "s/@epoch@/$epoch/" -e "s/@release@/$VERSION_CODENAME/" \
  -e "s/@version@/$VERSION_ID/" "$recipe/metadata.yaml" >"$work/stage/metadata.yaml"
tar -C "$work/stage" --sort=name --clamp-mtime --mtime="@$epoch" --numeric-owner --xattrs --format=posix \
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf - metadata.yaml templates rootfs |
  zstd -q -T0 -9 -o "$work/$name.tar.zst"
sha256=$(sha256sum "$work/$name.tar.zst" | cut -c1-64)
bytes=$(stat -c %s "$work/$name.tar.zst")
cat >"$work/$name.json" <<JSON
{
  "name": "debian-$VERSION_ID",
  "displayName": "Debian $VERSION_ID ($VERSION_CODENAME)",
  "type": "container",
  "architecture": "$architecture",
  "osfamily": "debian",
  "file": "$name.tar.zst",
  "sha256": "$sha256",
  "size_bytes": $bytes,
  "minimums": { "memory": "128Mi", "disk": "1Gi" },
  "builtFrom": "$(date -u -d "@$epoch" +%FT%TZ)",
  "recipe": "$recipe_sha256",
  "packages": [
$(awk '{printf "%s    \"%s %s\"", (NR>1 ? ",\n" : ""), $1, $2}' "$work/packages")
  ]
}
JSON
mv "$work/$name.tar.zst" "$output/$name.tar.zst"
mv "$work/$name.json" "$output/$name.json"
say "done: $output/$name.tar.zst, $((bytes / 1048576)) MiB, sha256 $sha256"
echo "$output/$name.json"
