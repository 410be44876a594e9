#!/usr/bin/env bash
# Builds the region's base image for virtual machines: what the container image holds (../debian/build.sh), with a kernel, a boot
# loader and Incus' agent, as a disk. Output: one Incus "unified" image tarball with a disk in it, and a JSON beside it.
# It must never bake in a key, a machine identity or an address, mount a disk image, or leave a mount behind.
#
#   build.sh OUTPUT_FOLDER      needs root and what the container image needs, mke2fs, mkfs.fat, mcopy, sfdisk, qemu-img; the container
#                               image must be there; skipped when the image of this recipe, made of that very image, is already there
#
# The image's last line on standard output is the path of the JSON; progress goes to standard error.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
unset TMPDIR # a folder of the host: programs in the new root would look for it there

recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=${1:?usage: build.sh OUTPUT_FOLDER}
started=$SECONDS
say() { printf 'machine image [%3d s] %s\n' $((SECONDS - started)) "$*" >&2; }
fail() { say "cannot be built: $*"; exit 1; }

[ "$(id -u)" = 0 ] || fail "it needs root; run it as root"
declare -A package_of=([zstd]=zstd [mke2fs]=e2fsprogs [mkfs.fat]=dosfstools [mcopy]=mtools [sfdisk]=fdisk [qemu-img]=qemu-utils)
for tool in "${!package_of[@]}"; do
  command -v "$tool" >/dev/null || fail "$tool is missing; apt-get install ${package_of[$tool]}"
done
. /etc/os-release
[ "${ID:-}" = debian ] || fail "the host is ${ID:-unknown}, this recipe builds from a Debian host's own release"
architecture=$(dpkg --print-architecture)
case $architecture in
  amd64) efi_name=X64 grub_name=grubx64 shim_name=shimx64 ;;
  arm64) efi_name=AA64 grub_name=grubaa64 shim_name=shimaa64 ;;
  *) fail "no boot loader is known for $architecture" ;;
esac
base=debian-$VERSION_ID-$architecture
name=debian-$VERSION_ID-machine-$architecture
[ -f "$output/$base.json" ] || fail "$output/$base.json is not there; it is made from that image"

mkdir -p "$output"
exec 9>"$output/.lock"
flock 9 # whoever else builds into this folder now builds for us too
# The recipe's own bytes and what it begins with decide whether an image that is already there is the one it would build.
base_sha256=$(sed -n 's/^  "sha256": "\([0-9a-f]*\)",$/\1/p' "$output/$base.json")
epoch=$(date -d "$(sed -n 's/^  "builtFrom": "\(.*\)",$/\1/p' "$output/$base.json")" +%s)
recipe_sha256=$(
  { echo "$base_sha256"; cd "$recipe" && find . -type f -not -name '*.md' -print0 | sort -z | xargs -0 sha256sum; } |
    sha256sum | cut -c1-64
)
if [ -f "$output/$name.tar.zst" ] && grep -qs "\"recipe\": \"$recipe_sha256\"" "$output/$name.json"; then
  say "already there: $output/$name.tar.zst"
  echo "$output/$name.json"
  exit 0
fi

# "release uri component" of every package index apt knows for this release: the mirrors are the machine's choice. Of backports, which
# apt asks only for what is nowhere else, comes the agent where the release itself has no Incus.
indexes=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
  awk -v r="$VERSION_CODENAME" '($1==r || $1==r"-updates" || $1==r"-security" || $1==r"-backports") && $3=="main"' | sort -u)
[ -n "$indexes" ] || fail "apt has no source for $VERSION_CODENAME main; add one to /etc/apt/sources.list.d and run apt-get update"
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
mkdir -p "$work/stage"

say "1/4 what the container image holds"
zstd -qdc "$output/$base.tar.zst" | tar -C "$work/stage" --numeric-owner --xattrs -xf -
cp -a "$root/etc/apt/sources.list" "$work/sources.list"
rm -f "$root/etc/resolv.conf"

say "2/4 a kernel, a boot loader, and Incus' agent"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service starts while we build
chmod 755 "$root/usr/sbin/policy-rc.d"
cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
awk '{print "deb " $2 " " $1 " " $3}' <<<"$indexes" >"$root/etc/apt/sources.list"
cp -rT --no-preserve=ownership "$recipe/overlay" "$root"
mount -t proc proc "$root/proc"
# The boot loader is put in its place below; its packages must not try to.
printf 'grub-efi-%s grub2/update_nvram boolean false\n' "$architecture" | chroot "$root" debconf-set-selections
apt_in() { chroot "$root" apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1; }
apt_in update
mapfile -t packages < <(sed -e '/^\(#\|$\)/d' -e "s/@architecture@/$architecture/" "$recipe/packages.txt")
apt_in install --no-install-recommends "${packages[@]}"
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$work/packages"
# What the container image was kept from, for its kernel is the host's: devices, modules, and their own names for things.
rm -f "$root/etc/systemd/system/systemd-udev-trigger.service.d/casemate.conf"
while read -r unit; do
  case $unit in '' | '#'*) ;; *) rm -f "$root/etc/systemd/system/$unit" ;; esac
done <"$recipe/unmasked-units.txt"
chroot "$root" systemctl -q enable incus-agent.service >>"$log" 2>&1

say "3/4 what must be each machine's own, or can differ between two builds, goes"
umount "$root/proc"
cp -a "$work/sources.list" "$root/etc/apt/sources.list"
apt_lists=$root/var/lib/apt/lists
rm -rf "$root/usr/sbin/policy-rc.d" "$apt_lists" "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/* \
  "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/* "$root"/tmp/* "$root"/run/* "$root"/dev/* \
  "$root"/var/lib/systemd/random-seed "$root"/etc/machine-id "$root"/usr/share/man "$root"/usr/share/info \
  "$root"/usr/share/locale "$root"/etc/*-
find "$root/usr/share/doc" -mindepth 1 -not -name copyright -not -type d -delete # licences stay
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
mkdir -p "$apt_lists/partial" "$root/var/log/journal" "$root/var/cache/apt/archives/partial"
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf"
ln -s ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
find "$root" -newermt "@$epoch" -exec touch -h -d "@$epoch" {} +

say "4/4 a disk, and packing"
# Numbers that are the image's own: file systems are found by them, and every machine of the image has the same.
hex=$(printf '%s' "$recipe_sha256" | cut -c1-32)
uuid=$(sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-4\3-8\4-\5/' <<<"$hex")
fat_id=$(cut -c1-8 <<<"$hex")
export SOURCE_DATE_EPOCH=$epoch E2FSPROGS_FAKE_TIME=$epoch
MIB=1048576
esp_mib=48
root_mib=$(($(du -s --block-size=$MIB --apparent-size "$root" | cut -f1) * 5 / 4 + 192))
# GRUB takes its settings from beside itself; the links are kept by Debian's kernel packages, so a newer kernel is simply started.
cat >"$work/grub.cfg" <<GRUB
set timeout=0
search --no-floppy --fs-uuid --set=root $uuid
linux /boot/vmlinuz root=UUID=$uuid rw console=tty0 console=ttyS0 net.ifnames=0
initrd /boot/initrd.img
boot
GRUB
printf 'UUID=%s / ext4 errors=remount-ro 0 1\n' "$uuid" >"$root/etc/fstab"
[ -e "$root/boot/vmlinuz" ] || fail "the kernel's package left no link /boot/vmlinuz"
mkfs.fat -F 16 -i "$fat_id" -n EFI --invariant -C "$work/esp.img" $((esp_mib * 1024)) >>"$log"
touch -d "@$epoch" "$work/grub.cfg"
export MTOOLS_SKIP_CHECK=1
mmd -i "$work/esp.img" ::/EFI ::/EFI/BOOT ::/EFI/debian
mcopy -m -i "$work/esp.img" "$root/usr/lib/shim/$shim_name.efi.signed" "::/EFI/BOOT/BOOT$efi_name.EFI"
mcopy -m -i "$work/esp.img" "$root"/usr/lib/grub/*-efi-signed/"$grub_name.efi.signed" "::/EFI/BOOT/$grub_name.efi"
mcopy -m -i "$work/esp.img" "$work/grub.cfg" ::/EFI/debian/grub.cfg
truncate -s "${root_mib}M" "$work/root.img"
mke2fs -q -F -t ext4 -L root -U "$uuid" -E "hash_seed=$uuid,lazy_itable_init=0,nodiscard" -d "$root" "$work/root.img" >>"$log" 2>&1
truncate -s "$((1 + esp_mib + root_mib + 1))M" "$work/disk.raw"
sfdisk -q "$work/disk.raw" >>"$log" <<SFDISK
label: gpt
label-id: $uuid
start=1MiB, size=${esp_mib}MiB, type=uefi, name=EFI, uuid=${uuid%?}0
start=$((1 + esp_mib))MiB, size=${root_mib}MiB, type=linux, name=root, uuid=${uuid%?}1
SFDISK
dd if="$work/esp.img" of="$work/disk.raw" bs=$MIB seek=1 conv=notrunc,sparse status=none
dd if="$work/root.img" of="$work/disk.raw" bs=$MIB seek=$((1 + esp_mib)) conv=notrunc,sparse status=none
# What reports on images look at, since nobody opens the disk for that.
for file in usr/lib/os-release var/lib/dpkg/status; do install -D -m 644 "$root/$file" "$work/stage/system/$file"; done
rm -rf --one-file-system "$root" "$work/esp.img" "$work/root.img"
qemu-img convert -q -f raw -O qcow2 "$work/disk.raw" "$work/stage/rootfs.img"
rm "$work/disk.raw"
sed -i -e 's/base image, Debian/base image for virtual machines, Debian/' "$work/stage/metadata.yaml"
tar -C "$work/stage" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=posix \
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf - metadata.yaml templates system rootfs.img |
  zstd -q -T0 -9 -o "$work/$name.tar.zst"
sha256=$(sha256sum "$work/$name.tar.zst" | cut -c1-64)
bytes=$(stat -c %s "$work/$name.tar.zst")
cat >"$work/$name.json" <<JSON
{
  "name": "debian-$VERSION_ID-machine",
  "displayName": "Debian $VERSION_ID ($VERSION_CODENAME), for virtual machines",
  "type": "virtual-machine",
  "architecture": "$architecture",
  "osfamily": "debian",
  "file": "$name.tar.zst",
  "sha256": "$sha256",
  "size_bytes": $bytes,
  "minimums": { "memory": "512Mi", "disk": "4Gi" },
  "builtFrom": "$(date -u -d "@$epoch" +%FT%TZ)",
  "recipe": "$recipe_sha256",
  "packages": [
$(awk '{printf "%s    \"%s %s\"", (NR>1 ? ",\n" : ""), $1, $2}' "$work/packages")
  ]
}
JSON
mv "$work/$name.tar.zst" "$output/$name.tar.zst"
mv "$work/$name.json" "$output/$name.json"
say "done: $output/$name.tar.zst, $((bytes / MIB)) MiB, sha256 $sha256"
echo "$output/$name.json"
