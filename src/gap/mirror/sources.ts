/**
 * How an instance finds the region's mirror by itself: a boot hook for cloud-init that tells apt and npm of it at every start, so that what changes in the region arrives. It is
 * vendor data: what a user says in user data stays as it is, and `vendor_data: {enabled: false}` there switches this off. Pure.
 */
import { APT_ROOT } from './apt.ts';
import { NPM_ROOT } from './npm.ts';

const MARK = '# Written by the region at every start.';

/** `key`: the region's, in ASCII armour. `url`: of the mirror, without a slash at the end. */
export function bootHook(url: string, key: string): string {
  // What is vulnerable the region's own report says; nothing else of npm's registry is here to be asked.
  const npmrc = [MARK, `registry=${url}${NPM_ROOT}/`, 'audit=false', 'update-notifier=false'];
  // deb822, as apt reads it since 2.3.10: the key within, with a dot where a line is empty.
  const armour = key
    .trimEnd()
    .split('\n')
    .map((line) => ` ${line === '' ? '.' : line}`);
  const sources = [
    MARK,
    'Types: deb',
    `URIs: ${url}${APT_ROOT}`,
    'Suites: $suite',
    'Components: main',
    'Signed-By:',
    ...armour,
  ];
  return `#cloud-boothook
#!/bin/sh
# What was imported into the region, by its own mirror. Off: vendor_data: {enabled: false} in user data.
set -eu
umask 022
mark='${MARK}'
# A file that somebody made or changed the first line of is theirs.
ours() { [ -d "$(dirname "$1")" ] && { [ ! -e "$1" ] || [ "$(head -n 1 "$1")" = "$mark" ]; }; }
ID= VERSION_ID=
[ ! -r /etc/os-release ] || . /etc/os-release
if [ "$ID" = debian ] && [ -n "$VERSION_ID" ] && ours /etc/apt/sources.list.d/casemate.sources; then
  suite=debian-$VERSION_ID
  cat >/etc/apt/sources.list.d/casemate.sources <<END
${sources.join('\n')}
END
fi
# Where Debian's npm and the one of nodejs.org look.
mkdir -p /usr/local/etc
for npmrc in /etc/npmrc /usr/local/etc/npmrc; do
  if ours "$npmrc"; then
    cat >"$npmrc" <<END
${npmrc.join('\n')}
END
  fi
done
`;
}
