/** Of an object: what a person may write, apart from what the region says of it. Pure. */

import { type Fields, isRecord, jsonEqual } from './value.ts';

const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/** The part of an object that changes by hand: no status, and of the metadata only what clients own. */
export function editablePart(object: Fields): Fields {
  const { status: _status, metadata, ...rest } = object;
  const own = Object.entries(isRecord(metadata) ? metadata : {}).filter(([name]) => !OF_THE_SERVER.has(name));
  const { apiVersion, kind, ...body } = rest;
  return { apiVersion, kind, metadata: Object.fromEntries(own), ...body };
}

/** The object as it is, without the notes on who wrote which field. */
export function shownPart(object: Fields): Fields {
  const { metadata, ...rest } = object;
  const { managedFields: _noise, ...kept } = isRecord(metadata) ? metadata : {};
  const { apiVersion, kind, ...body } = rest;
  return { apiVersion, kind, metadata: kept, ...body };
}

/** The whole object to send: what was edited, on top of what the server said of `base`. */
export function withEdited(base: Fields, edited: Fields): Fields {
  const ofServer = Object.entries(isRecord(base.metadata) ? base.metadata : {}).filter(([name]) =>
    OF_THE_SERVER.has(name),
  );
  return {
    ...edited,
    metadata: { ...(isRecord(edited.metadata) ? edited.metadata : {}), ...Object.fromEntries(ofServer) },
    ...(base.status === undefined ? {} : { status: base.status }),
  };
}

const versionOf = ({ metadata }: Fields): number =>
  Number(isRecord(metadata) ? metadata.resourceVersion : undefined);

/** Whether somebody changed what people can change since `base`. What is shown may also be older than what was just saved. */
export const isChangedSince = (base: Fields, now: Fields): boolean =>
  versionOf(now) > versionOf(base) && !jsonEqual(editablePart(now), editablePart(base));

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What somebody would keep of it in a repository: what they want, without what the region and tools noted on it. */
export function manifestPart(object: Fields): Fields {
  const { metadata, ...body } = editablePart(object);
  const {
    finalizers: _finalizers,
    ownerReferences: _owners,
    annotations,
    ...own
  } = isRecord(metadata) ? metadata : {};
  const { [APPLIED]: _applied, ...notes } = isRecord(annotations) ? annotations : {};
  const { apiVersion, kind, ...rest } = body;
  return {
    apiVersion,
    kind,
    metadata: { ...own, ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }) },
    ...rest,
  };
}
