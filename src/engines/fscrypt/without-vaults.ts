/**
 * A process that has mounts of its own has all those there were when it began, and would so keep a pool that is open then from ever being closed. This, as a line of
 * shell, takes what lies in vaults out of its mounts before anything else. Paths with a space are as `\040` in /proc/self/mounts, which printf(1) puts back.
 */
const ID = '[0-9a-f]'.repeat(32);
const OF_VAULTS = `$2 ~ "/${ID}/(store|pool)$" { vault[$1] } { device[NR] = $1; point[NR] = $2 }`;
/** Wherever they are mounted, as Incus does; the last ones first. */
const THEIR_POINTS = 'END { for (i = NR; i > 0; i--) if (device[i] in vault) print point[i] }';

export const WITHOUT_VAULTS = `awk '${OF_VAULTS} ${THEIR_POINTS}' /proc/self/mounts | while read -r at; do umount --lazy -- "$(printf '%b' "$at")" || :; done`;
