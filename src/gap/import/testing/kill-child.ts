/**
 * A process that imports a bundle, publishes it and, if asked, retires another: `BUNDLE GAP ROOT RETIRE VERSION`, where RETIRE is a digest or empty. It goes on where an
 * earlier one was killed, as a region does. It is started a thousand times, and so loads nothing that only tests need.
 */
import { basename, dirname } from 'node:path';
import { readRootFile } from '../../bundle/tuf/root-folder.ts';
import { ContentStore } from '../content-store.ts';
import { gapFolders } from '../folders.ts';
import { ownReceiver } from '../receiver/jobs.ts';
import { type Against, ImportStore } from '../store.ts';

const [bundle = '', gap = '', root = '', retire = '', number = ''] = process.argv.slice(2);
const UID = 'one';
const PUBLISHED_AT = '2026-11-22T00:00:00Z';

const folders = { ...gapFolders(gap), inbox: dirname(bundle) };
const store = new ImportStore({ folders, advisories: gap, receiver: ownReceiver() });
const against: Against = {
  trust: { root: await readRootFile(root), accepted: new Map() },
  clock_ms: Date.parse(PUBLISHED_AT),
  age: {},
  policy: {},
  archives: true,
  signal: new AbortController().signal,
};
await store.list();
// What the ledger would know: a region does not receive again what it has published.
const content = new ContentStore(folders.content);
if (!(await content.bundles()).some(({ version }) => version === Number(number))) {
  await store.receive(UID, basename(bundle), against, async () => {});
  const { summary } = await store.check(UID, against);
  await store.publish(UID, {
    name: summary.name,
    version: summary.version,
    created: summary.created,
    digest: `sha256:${summary.digest}`,
    metadata: summary.metadata,
    publishedAt: PUBLISHED_AT,
    import: UID,
    items: summary.items,
  });
}
await store.discard(UID);
if (retire !== '') await store.retire(retire);
await store.list();
