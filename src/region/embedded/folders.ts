/**
 * Makes the data folder's own folders, each with the owner and mode it needs.
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportFolders } from '#gap/export/folders.ts';
import { gapFolders } from '#gap/import/folders.ts';
import type { Layout } from '../layout.ts';
import { blobsFolder, databaseFolder } from '../objects/places.ts';
import { timeFolder } from '../time.ts';
import { type Account, type Accounts, findGroup, isRoot } from './accounts.ts';

export function ensureFolders(
  layout: Layout,
  { database, region, receiver, objects, hsm, time }: Accounts,
  hsms: readonly string[] = [],
): void {
  const self: Account = { name: 'self', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  mkdirSync(layout.data, { recursive: true, mode: 0o711 });
  // Instances run under uids of their own and walk through here to their disks.
  folder(layout.data, 0o711, self);
  folder(dirname(layout.postgres.cluster), 0o711, self);
  // Whoever may enter this folder may speak to the database, which then asks who it is.
  folder(layout.postgres.socketFolder, 0o750, { ...database, gid: region.gid });
  folder(databaseFolder(layout), 0o750, { ...database, gid: objects.gid });
  folder(blobsFolder(layout), 0o700, objects);
  folder(layout.keys, 0o700, region);
  // The agent makes its socket in here, which inherits the region's group: nobody else may ask an HSM.
  if (hsm !== undefined) {
    folder(layout.hsms, 0o711, self);
    for (const name of hsms) folder(join(layout.hsms, name), 0o2750, { ...hsm, gid: region.gid });
  }
  // What it learnt of this machine's clock.
  if (time !== undefined) folder(timeFolder(layout), 0o750, time);
  folder(layout.incus, 0o711, self);
  // The region looks which there are; what is in them only root reads.
  folder(layout.encrypted, 0o750, { ...self, gid: region.gid });
  folder(layout.firewall, 0o700, self);
  // Names are the tenants': besides the region only dnsmasq reads them, which Incus runs under its own group. What is made in
  // here later inherits the group.
  const dnsGroup = isRoot() ? findGroup('incus', readFileSync('/etc/group', 'utf8')) : undefined;
  folder(layout.names, 0o2750, { ...region, gid: dnsGroup ?? region.gid });
  // What is in it is public. The region puts it there when a bundle with advisories is published, and whoever owns it with `casemate advisories load`.
  folder(layout.advisories, 0o755, region);
  // Whoever owns the machine puts bundles into the inbox, which the region only reads; the rest is the region's alone.
  const gap = gapFolders(layout.gap);
  folder(layout.gap, 0o711, self);
  folder(gap.inbox, 0o755, self);
  // Whoever receives bundles reads these by its group, which what is made in them inherits; it writes only where the region made a draft for it.
  for (const own of [gap.uploads, gap.quarantine, gap.content])
    folder(own, 0o2750, { ...region, gid: receiver.gid });
  // What is on its way out is sealed, or encrypted for its recipient.
  for (const own of Object.values(exportFolders(layout.gap))) folder(own, 0o700, region);
  folder(layout.program, 0o755, self);
  // Programs that run as any of our accounts; only whoever owns the region puts them there.
  folder(layout.releases, 0o755, self);
  folder(layout.cache, 0o700, region);
  folder(layout.logs, 0o750, self);
  // The region process reaches the firewall agent's socket in here; the control socket has a mode of its own.
  folder(layout.run.folder, 0o750, { ...self, gid: region.gid });
  // It may hold a database password.
  chmodSync(layout.config, 0o640);
  chownSync(layout.config, self.uid, region.gid);
  if (isRoot()) checkReachable(layout.data);
}

function folder(path: string, mode: number, owner: Account): void {
  mkdirSync(path, { recursive: true });
  // In this order: a change of owner takes the set-group-id bit away.
  chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
}

/** Throws when a folder above bars the way for everyone but root: neither the database nor an instance could start. */
function checkReachable(data: string): void {
  for (let above = dirname(data); ; above = dirname(above)) {
    if ((statSync(above).mode & 0o001) === 0) {
      throw new Error(
        `${data} lies in ${above}, which only its owner may enter, so neither PostgreSQL nor instances can reach their files; choose another folder with --data, or: chmod o+x ${above}`,
      );
    }
    if (above === dirname(above)) return;
  }
}
