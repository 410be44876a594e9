/**
 * What must be true after any run, once the world is whole again and everything had time to settle. Each check throws with what it
 * found; none of them knows how the run went.
 */
import assert from 'node:assert/strict';
import type { Kind } from '#kernel/kind.ts';
import { bodyJson } from '#kernel/log/body.ts';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { parseLeaf } from '#kernel/log/leaf.ts';
import { append, EMPTY_FRONTIER, leafHash, root } from '#kernel/log/merkle.ts';
import { readWhole } from '#kernel/log/personal.ts';
import type { RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { EXAMPLE_KINDS, Note, Widget } from '#kernel/store/example-kinds.ts';
import type { LogStorage, StoredChange } from '#kernel/store/storage.ts';
import { checkLinearizable } from '../../support/linearizability.ts';
import { objectModel } from '../../support/object-model.ts';
import type { Recorded, Tone } from './clients.ts';
import { Machine, type MachineEngine } from './machines.ts';
import { ACME } from './requests.ts';
import type { Database } from './storage.ts';
import type { Told } from './watchers.ts';

/** A log of one run is far shorter. */
const LEAVES_MAX = 50_000;

export async function readLog(database: LogStorage, realm: typeof ACME | typeof REGION) {
  const record = await database.readRealm(realm);
  assert.ok(record, `the realm ${realm} is there`);
  const leaves = (await database.readChanges(record.uid, 0, LEAVES_MAX)) ?? [];
  return { record, leaves };
}

/** The log is gapless, every leaf is what was hashed, and the tree is that of the leaves. */
export async function checkTree(database: LogStorage): Promise<void> {
  for (const realm of [REGION, ACME] as const) {
    const { record, leaves } = await readLog(database, realm);
    leaves.forEach(({ index, leaf, hash }, at) => {
      assert.equal(index, at, `${realm}: leaf ${at} is at its place`);
      assert.deepEqual(
        Buffer.from(hash),
        Buffer.from(leafHash(leaf)),
        `${realm}: leaf ${at} is what was hashed`,
      );
      assert.equal(parseLeaf(leaf).index, at, `${realm}: leaf ${at} says where it is`);
    });
    const { frontier } = append(
      EMPTY_FRONTIER,
      leaves.map(({ hash }) => hash),
    );
    assert.equal(record.changes.size, leaves.length, `${realm}: the tree has as many leaves as the log`);
    assert.deepEqual(root(record.changes), root(frontier), `${realm}: the tree is that of the leaves`);
  }
}

/** Every checkpoint of the organization's log that the region took in is of the log as it is: it never forked. */
export async function checkCheckpoints(database: LogStorage): Promise<void> {
  const region = await readLog(database, REGION);
  const acme = await readLog(database, ACME);
  for (const { leaf } of region.leaves) {
    const parsed = parseLeaf(leaf);
    if (parsed.type !== 'checkpoint' || parsed.realm !== ACME || parsed.log !== 'changes') continue;
    const checkpoint = readUnverifiedCheckpoint(parsed.checkpoint);
    const { frontier } = append(
      EMPTY_FRONTIER,
      acme.leaves.slice(0, checkpoint.size).map(({ hash }) => hash),
    );
    assert.equal(checkpoint.root.toString('hex'), Buffer.from(root(frontier)).toString('hex'), 'no fork');
  }
}

/** What a client was told of its write is true of the log: acknowledged is there, once, under the id of its answer; refused is not there. */
export async function checkWrites(database: LogStorage, { writes }: Recorded): Promise<void> {
  const { leaves } = await readLog(database, ACME);
  const found = new Map<string, { readonly acknowledged: number; readonly auditId: string }[]>();
  for (const stored of leaves) {
    const { index } = stored;
    const parsed = readWhole(stored);
    if (parsed.type !== 'change' || parsed.actor === undefined) continue;
    const made = { acknowledged: index, auditId: parsed.requestId };
    found.set(parsed.actor, [...(found.get(parsed.actor) ?? []), made]);
  }
  for (const { actor, outcome } of writes) {
    const made = found.get(actor) ?? [];
    if (outcome === 'unknown') assert.ok(made.length <= 1, `${actor} was applied ${made.length} times`);
    else if (outcome === 'refused') assert.deepEqual(made, [], `${actor} was refused, and applied`);
    else assert.deepEqual(made, [outcome], `${actor} was acknowledged`);
  }
}

/** What clients saw of each widget could have happened one after the other. */
export function checkHistories({ operations }: Recorded): void {
  for (const [name, history] of operations) {
    const verdict = checkLinearizable(objectModel, history);
    assert.ok(
      verdict.isLinearizable,
      `${name} is linearizable${verdict.isLinearizable ? '' : `; after\n${verdict.explained.slice(-8).map(show).join('\n')}\nnone of these could come next:\n${verdict.stuck.map(show).join('\n')}`}`,
    );
  }
}

const show = (operation: object) => `  ${JSON.stringify(operation)}`;

/** Every watcher was told every change of what it selected once, in order, for as long as it had not to list again. */
export async function checkWatchers(database: Database, told: readonly Told[]): Promise<void> {
  const { leaves } = await readLog(database, ACME);
  for (const { kind, tone, after, upTo, events } of told) {
    const seen = events.map(({ type, name, revision }) => `${type} ${name} ${revision}`);
    const expected = eventsOf(leaves, database.tones, kind, tone).filter(
      ({ index }) => index > after && index <= upTo,
    );
    assert.deepEqual(
      seen,
      expected.map(({ type, name, index }) => `${type} ${name} ${index}`),
      `a watch of ${tone === undefined ? '' : `${tone} `}${kind.plural} from ${after} to ${upTo}`,
    );
  }
}

/** What the changes of a kind are to who selected a tone: what comes in is added, what leaves is deleted. */
function eventsOf(
  leaves: readonly StoredChange[],
  tones: Database['tones'],
  kind: Kind,
  tone: Tone | undefined,
) {
  const selected = new Set<string>();
  return leaves.flatMap(({ index, change }) => {
    if (change?.resource !== kind.resource) return [];
    const { name } = change;
    const was = selected.has(name);
    const is = change.type !== 'deleted' && (tone === undefined || tones.get(index) === tone);
    if (is) selected.add(name);
    else selected.delete(name);
    if (!is && !was) return [];
    return [{ index, name, type: is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED' }];
  });
}

/** Every list is what the log adds up to at its revision, whichever process gave it and however much later. */
export async function checkListings(database: Database, { listings }: Recorded): Promise<void> {
  const { leaves } = await readLog(database, ACME);
  for (const { revision, tone, widgets } of listings) {
    const there = new Map<string, number>();
    for (const { index, change } of leaves.slice(0, revision + 1)) {
      if (change?.resource !== Widget.resource) continue;
      if (change.type === 'deleted' || (tone !== undefined && database.tones.get(index) !== tone))
        there.delete(change.name);
      else there.set(change.name, index);
    }
    const expected = [...there].map(([name, index]) => `${name}@${index}`).sort();
    assert.deepEqual(
      widgets,
      expected,
      `the list of ${tone === undefined ? '' : `${tone} `}widgets at ${revision}`,
    );
  }
}

/** The state in memory is what the log adds up to. */
export async function checkState(
  database: LogStorage,
  name: string,
  view: RealmView,
  kinds: readonly Kind[],
): Promise<void> {
  const { leaves } = await readLog(database, ACME);
  const objects = new Map<string, StoredChange>();
  for (const leaf of leaves) {
    if (!leaf.change) continue;
    const key = `${leaf.change.resource} ${leaf.change.namespace ?? ''}/${leaf.change.name}`;
    if (leaf.change.type === 'deleted') objects.delete(key);
    else objects.set(key, leaf);
  }
  assert.equal(view.revision, leaves.length - 1, `${name} is at the head of the log`);
  const seen: string[] = [];
  for (const kind of kinds) {
    for (const entry of view.entries(kind)) {
      const key = `${kind.resource} ${entry.namespace ?? ''}/${entry.name}`;
      const stored = objects.get(key);
      assert.equal(entry.revision, stored?.index, `${name}: ${key} is at the revision of its last change`);
      assert.equal(entry.uid, stored?.change?.uid, `${name}: ${key} is the object that the log means`);
      if (!kind.secret) {
        assert.equal(
          entry.bytes.toString(),
          Buffer.from(bodyJson(stored?.change?.body ?? Buffer.alloc(0))).toString(),
          `${name}: ${key} is as it was stored`,
        );
      }
      seen.push(key);
    }
  }
  assert.deepEqual(seen.sort(), [...objects.keys()].sort(), `${name} has the objects that the log has`);
}

/** The engine holds what the objects ask for and nothing else, and every object says so. */
export function checkEngine(view: RealmView, engine: MachineEngine): void {
  const machines = view.list(Machine);
  for (const { metadata, status } of machines) {
    assert.equal(metadata.deletionTimestamp, undefined, `${metadata.name} is not stuck in its deletion`);
    assert.deepEqual(
      status,
      { phase: 'Running', observedGeneration: metadata.generation },
      `${metadata.name} has converged`,
    );
  }
  assert.deepEqual(
    [...engine.machines].sort(),
    machines.map(({ metadata, spec }): [string, number] => [metadata.uid, spec.size]).sort(),
    'the engine holds what the objects ask for: no orphan, nothing missing',
  );
  // A machine that was removed and made again has lost what was on it.
  for (const { metadata } of machines)
    assert.ok(!engine.removed.has(metadata.uid), `${metadata.name} kept its machine`);
}

/** Nothing belongs to an owner that is gone. */
export function checkOwners(view: RealmView): void {
  for (const note of view.list(Note)) {
    const owners = note.metadata.ownerReferences ?? [];
    if (owners.length === 0) continue;
    assert.ok(
      owners.some(({ uid }) => view.byUid(uid)),
      `${note.metadata.name} does not outlive its owner`,
    );
  }
}

export const KINDS_CHECKED: readonly Kind[] = [...EXAMPLE_KINDS, Machine].filter((kind) =>
  kind.realms.includes('organization'),
);
