/** `casemate create`, `apply`, `delete` and `edit`: changes to objects of any kind. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Query } from './client.ts';
import { collectionPath, objectPath, type ResourceType, resolveType, typeOfObject } from './discovery.ts';
import { ApiError, CliError, EXIT, usageError } from './errors.ts';
import { type Manifest, parseManifests, readManifests } from './manifests.ts';
import type { AnyObject } from './objects.ts';
import type { OutcomeOptions, SessionOptions } from './options.ts';
import { objectName, printLines, printOutcome, toYaml, withoutManagedFields } from './output.ts';
import { findObject, getObject, listObjects, waitForObject, withNearNames } from './read.ts';
import { inSession, type Session } from './session.ts';
import { parseObjectTargets } from './targets.ts';
import { remembered, threeWayPatch, withMemory } from './three-way.ts';

const MERGE_PATCH = 'application/merge-patch+json';

export interface ManifestOptions extends SessionOptions, OutcomeOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
}

const writeQuery = (options: OutcomeOptions): Query => ({
  fieldManager: 'casemate',
  fieldValidation: 'Strict',
  dryRun: options.dryRun ? 'All' : undefined,
});

interface Placed {
  readonly type: ResourceType;
  readonly project: string | undefined;
  readonly object: AnyObject;
}

/** Which type a manifest is of, and the project it goes to: its own, else the session's. */
async function place(session: Session, { object, source }: Manifest): Promise<Placed> {
  const type = typeOfObject(await session.types(), object.apiVersion, object.kind);
  if (!type.namespaced) {
    if (object.metadata.namespace !== undefined) {
      throw new CliError(`${source}: metadata.namespace: a ${type.kind} belongs to no project; leave it out`);
    }
    return { type, project: undefined, object };
  }
  const project = object.metadata.namespace ?? session.project;
  return { type, project, object: { ...object, metadata: { ...object.metadata, namespace: project } } };
}

/** Goes through all manifests even when some fail, as the others may not depend on them; throws the first failure at the end. */
async function forEachManifest(
  session: Session,
  options: ManifestOptions,
  work: (placed: Placed) => Promise<void>,
): Promise<void> {
  const manifests = await readManifests(options.filename ?? [], options.recursive);
  const failures: unknown[] = [];
  for (const manifest of manifests) {
    try {
      await work(await place(session, manifest));
    } catch (error) {
      failures.push(error instanceof ApiError ? withSource(error, manifest.source) : error);
      if (error instanceof CliError && error.message.startsWith('cannot reach')) break;
    }
  }
  const [first, ...others] = failures;
  for (const other of others)
    process.stderr.write(`error: ${other instanceof Error ? other.message : String(other)}\n`);
  if (first !== undefined) throw first;
}

const withSource = (error: ApiError, source: string) =>
  new ApiError({ ...error.status, message: `${source}: ${error.message}` });

const post = (session: Session, { type, project, object }: Placed, options: OutcomeOptions) =>
  session.client.json<AnyObject>({
    method: 'POST',
    path: collectionPath(type, project),
    query: writeQuery(options),
    body: object,
  });

export const create = inSession(async (session: Session, options: ManifestOptions) =>
  forEachManifest(session, options, async (placed) => {
    printOutcome(placed.type, await post(session, placed, options), 'created', options);
  }),
);

/** Makes an object what a manifest says; tells what had to be done. */
async function applyOne(session: Session, placed: Placed, options: OutcomeOptions) {
  const { type, project, object } = placed;
  const { name } = object.metadata;
  if (name === undefined)
    throw usageError('apply needs metadata.name: with generateName use casemate create');
  const wanted = withMemory(object);
  const live = await findObject(session.client, type, project, name);
  if (live === undefined)
    return { object: await post(session, { ...placed, object: wanted }, options), outcome: 'created' };
  const { status: _, ...ours } = wanted;
  const patch = threeWayPatch(remembered(live), ours, live);
  if (patch === undefined) return { object: live, outcome: 'unchanged' };
  const patched = await session.client.json<AnyObject>({
    method: 'PATCH',
    path: objectPath(type, project, name),
    query: writeQuery(options),
    contentType: MERGE_PATCH,
    body: patch,
  });
  return { object: patched, outcome: 'configured' };
}

export const apply = inSession(async (session: Session, options: ManifestOptions) =>
  forEachManifest(session, options, async (placed) => {
    const { object, outcome } = await applyOne(session, placed, options);
    printOutcome(placed.type, object, outcome, options);
  }),
);

export interface DeleteOptions extends ManifestOptions {
  readonly selector?: string;
  readonly all?: boolean;
  readonly cascade: 'background' | 'foreground' | 'orphan';
  readonly wait: boolean;
  readonly timeout: number;
  readonly ignoreNotFound?: boolean;
}

interface Doomed {
  readonly type: ResourceType;
  readonly project: string | undefined;
  readonly name: string;
}

const POLICY = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const;

/** What the arguments of `delete` name. */
async function doomedBy(
  session: Session,
  options: DeleteOptions,
  args: readonly string[],
): Promise<Doomed[]> {
  const types = await session.types();
  if (options.filename !== undefined) {
    if (args.length > 0) throw usageError('give either -f FILE or TYPE NAME, not both');
    const manifests = await readManifests(options.filename, options.recursive);
    const placed = await Promise.all(manifests.map((manifest) => place(session, manifest)));
    // What was made last may stand on what was made first.
    return placed
      .toReversed()
      .map(({ type, project, object }) => ({ type, project, name: object.metadata.name }));
  }
  const [first] = args;
  if (
    args.length === 1 &&
    first !== undefined &&
    !first.includes('/') &&
    (options.selector !== undefined || options.all)
  ) {
    const type = resolveType(types, first);
    const project = session.projectFor(type);
    const selection = options.selector === undefined ? {} : { labels: options.selector };
    const { items } = await listObjects(session.client, type, project, selection);
    return items.map(({ metadata }) => ({ type, project: metadata.namespace, name: metadata.name }));
  }
  return parseObjectTargets(types, args).map(({ type, name }) => ({
    type,
    project: session.projectFor(type),
    name,
  }));
}

/** Deletes one object, and waits until it and all it owned in the engines is gone. */
export async function deleteOne(session: Session, doomed: Doomed, options: DeleteOptions): Promise<string> {
  const { type, project, name } = doomed;
  const answer = session.client.json<AnyObject>({
    method: 'DELETE',
    path: objectPath(type, project, name),
    query: { dryRun: options.dryRun ? 'All' : undefined },
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: POLICY[options.cascade] },
  });
  const deleted = await withNearNames(session.client, type, project, name, answer);
  const uid = deleted.kind === 'Status' ? undefined : deleted.metadata.uid;
  if (!options.wait || options.dryRun) return 'deleted';
  await waitForObject(
    session.client,
    doomed,
    options.timeout,
    // An object made anew under the same name is another one.
    (object) => object === undefined || (uid !== undefined && object.metadata.uid !== uid),
    (object) => `still waiting for ${object?.metadata.finalizers?.join(', ') || 'it to go'}`,
  );
  return 'deleted';
}

export const remove = inSession(async (session: Session, options: DeleteOptions, args: string[]) => {
  for (const doomed of await doomedBy(session, options, args)) {
    try {
      const outcome = await deleteOne(session, doomed, options);
      printLines([
        `${objectName(doomed.type, doomed.name)}${options.output === 'name' ? '' : ` ${outcome}${options.dryRun ? ' (dry run)' : ''}`}`,
      ]);
    } catch (error) {
      const isGone = error instanceof ApiError && error.code === 404;
      if (!(isGone && options.ignoreNotFound)) throw error;
    }
  }
});

/** Opens a file in the person's editor; rejects when the editor fails. */
async function edited(file: string): Promise<void> {
  const editor = process.env.VISUAL ?? process.env.EDITOR ?? 'vi';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Through a shell, because people set it to commands with options.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], { stdio: 'inherit' });
  child.once('error', reject);
  child.once('exit', (code) =>
    code === 0 ? resolve() : reject(new CliError(`the editor (${editor}) ended with code ${code}`)),
  );
  return promise;
}

export const edit = inSession(
  async (session: Session, _options: SessionOptions & OutcomeOptions, args: string[]) => {
    const [target, ...more] = parseObjectTargets(await session.types(), args);
    if (target === undefined || more.length > 0) throw usageError('edit takes one object');
    const { type, name } = target;
    const project = session.projectFor(type);
    const before = withoutManagedFields(await getObject(session.client, type, project, name));
    const folder = await mkdtemp(join(tmpdir(), 'casemate-edit-'));
    const file = join(folder, `${name}.yaml`);
    try {
      const text = toYaml(before);
      await writeFile(file, text, { mode: 0o600 });
      await edited(file);
      const after = await readFile(file, 'utf8');
      if (after === text) return printLines([`${objectName(type, name)} unchanged`]);
      const [manifest] = parseManifests(after, file);
      if (manifest === undefined)
        throw new CliError('nothing is left of the object', { exitCode: EXIT.usage });
      const path = objectPath(type, project, name);
      const updated = await session.client.json<AnyObject>({
        method: 'PUT',
        path,
        query: writeQuery({}),
        body: manifest.object,
      });
      printOutcome(type, updated, 'edited', {});
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
