/** `casemate describe`: an object for people: what it is, what it should be, what it is now, and what happened to it. */
import { humanDuration } from '#kernel/wire/human-duration.ts';
import { apiVersionOf, type ResourceType } from './discovery.ts';
import { type AnyObject, type ConditionView, isRecord, type Metadata, textAt } from './objects.ts';
import type { SessionOptions } from './options.ts';
import { printLines } from './output.ts';
import { getObject, listObjects } from './read.ts';
import { inSession, type Session } from './session.ts';
import { alignRows } from './table.ts';
import { parseTargets } from './targets.ts';
import { LAST_APPLIED } from './three-way.ts';

const INDENT = '  ';
const LABEL_WIDTH = 16;

const printable = (text: string) => text.replaceAll(/[^\P{Cc}\n]/gu, '?');

/** `displayName` as `Display Name`, `validity_days` as `Validity Days`. */
export function fieldTitle(field: string): string {
  const words = field.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function labelled(title: string, value: string, depth: number): string[] {
  const head = `${INDENT.repeat(depth)}${`${title}:`.padEnd(Math.max(LABEL_WIDTH - depth * INDENT.length, title.length + 2))}`;
  const [first = '', ...rest] = printable(value).trimEnd().split('\n');
  if (rest.length === 0) return [`${head}${first}`.trimEnd()];
  return [head.trimEnd(), ...[first, ...rest].map((line) => `${INDENT.repeat(depth + 1)}${line}`)];
}

/** Any value as indented lines. */
export function describeValue(title: string, value: unknown, depth = 0): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) {
    if (value.length === 0) return labelled(title, '<none>', depth);
    if (value.every((item) => typeof item !== 'object')) return labelled(title, value.join(', '), depth);
    return [
      `${INDENT.repeat(depth)}${title}:`,
      ...value.flatMap((item) => {
        const lines = isRecord(item)
          ? describeFields(item, depth + 2)
          : [`${INDENT.repeat(depth + 2)}${JSON.stringify(item)}`];
        // The first line of each item is marked, so that items can be told apart.
        return lines.map((line, at) =>
          at === 0 ? `${INDENT.repeat(depth + 1)}- ${line.trimStart()}` : line,
        );
      }),
    ];
  }
  if (isRecord(value)) {
    if (Object.keys(value).length === 0) return labelled(title, '<none>', depth);
    return [`${INDENT.repeat(depth)}${title}:`, ...describeFields(value, depth + 1)];
  }
  return labelled(title, String(value), depth);
}

const describeFields = (fields: Readonly<Record<string, unknown>>, depth: number) =>
  Object.entries(fields).flatMap(([field, value]) => describeValue(fieldTitle(field), value, depth));

function describePairs(title: string, pairs: Readonly<Record<string, string>> | undefined): string[] {
  const [first, ...rest] = Object.entries(pairs ?? {}).map(
    ([key, value]) => `${key}=${printable(value).split('\n', 1)[0]}`,
  );
  if (first === undefined) return labelled(title, '<none>', 0);
  return [...labelled(title, first, 0), ...rest.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}`)];
}

/** What `apply` remembers of a manifest repeats the object itself. */
function shownAnnotations({ annotations }: Metadata): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _, ...shown } = annotations ?? {};
  return shown;
}

function describeMetadata(type: ResourceType, metadata: Metadata, now_ms: number): string[] {
  const created = metadata.creationTimestamp;
  const owners = metadata.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`);
  return [
    ...labelled('Name', metadata.name, 0),
    ...(metadata.namespace === undefined ? [] : labelled('Project', metadata.namespace, 0)),
    ...labelled('Kind', `${type.kind} (${apiVersionOf(type)})`, 0),
    ...describePairs('Labels', metadata.labels),
    ...describePairs('Annotations', shownAnnotations(metadata)),
    ...(created === undefined
      ? []
      : labelled('Created', `${created} (${humanDuration(now_ms - Date.parse(created))} ago)`, 0)),
    ...(metadata.deletionTimestamp === undefined
      ? []
      : labelled(
          'Deleting',
          `since ${metadata.deletionTimestamp}, waiting for ${metadata.finalizers?.join(', ') || 'nothing'}`,
          0,
        )),
    ...(owners === undefined ? [] : labelled('Owned By', owners.join(', '), 0)),
    ...labelled('Ledger', `leaf ${metadata.resourceVersion ?? '?'} last changed it`, 0),
  ];
}

function describeConditions(conditions: readonly ConditionView[]): string[] {
  const rows = conditions.map(({ type, status, reason, message }) => [
    type,
    status,
    reason ?? '',
    message ?? '',
  ]);
  return [
    'Conditions:',
    ...alignRows([['TYPE', 'STATUS', 'REASON', 'MESSAGE'], ...rows]).map((line) => `${INDENT}${line}`),
  ];
}

function describeEvents(events: readonly AnyObject[], now_ms: number): string[] {
  if (events.length === 0) return ['Events:         <none>'];
  const lastSeen = (event: AnyObject) =>
    textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? event.metadata.creationTimestamp ?? '';
  const rows = events
    .toSorted((a, b) => (lastSeen(a) < lastSeen(b) ? -1 : 1))
    .map((event) => [
      textAt(event, 'type') ?? '',
      textAt(event, 'reason') ?? '',
      humanDuration(now_ms - Date.parse(lastSeen(event))),
      printable(textAt(event, 'message') ?? ''),
    ]);
  return [
    'Events:',
    ...alignRows([['TYPE', 'REASON', 'AGE', 'MESSAGE'], ...rows]).map((line) => `${INDENT}${line}`),
  ];
}

/** Values of secrets are never shown: only how long they are. */
function describeSecretData(data: Readonly<Record<string, unknown>>): string[] {
  const sizes = Object.entries(data).map(([key, value]) => [
    key,
    `${Buffer.from(String(value), 'base64').length} bytes`,
  ]);
  return ['Data:', ...alignRows(sizes).map((line) => `${INDENT}${line}`)];
}

/** An object as lines for people. `events` are those about it; undefined where there are none to ask for. */
export function describeObject(
  type: ResourceType,
  object: AnyObject,
  events: readonly AnyObject[] | undefined,
  now_ms: number,
): string[] {
  const lines = describeMetadata(type, object.metadata, now_ms);
  for (const [field, value] of Object.entries(object)) {
    if (field === 'apiVersion' || field === 'kind' || field === 'metadata') continue;
    if (field === 'data' && type.kind === 'Secret' && isRecord(value))
      lines.push(...describeSecretData(value));
    else if (field === 'status' && isRecord(value)) {
      const { conditions, ...rest } = value;
      if (Object.keys(rest).length > 0) lines.push(...describeValue('Status', rest));
      if (Array.isArray(conditions)) lines.push(...describeConditions(conditions as ConditionView[]));
    } else lines.push(...describeValue(fieldTitle(field), value));
  }
  if (events !== undefined) lines.push(...describeEvents(events, now_ms));
  return lines;
}

async function eventsOf(session: Session, object: AnyObject): Promise<AnyObject[] | undefined> {
  const eventType = (await session.types()).find((type) => type.kind === 'Event' && type.group === '');
  if (eventType === undefined || object.metadata.uid === undefined) return undefined;
  const project = object.metadata.namespace;
  try {
    const { items } = await listObjects(session.client, eventType, project, {
      fields: `involvedObject.uid=${object.metadata.uid}`,
    });
    return items;
  } catch {
    // The object is what was asked for; events are an extra that may be forbidden.
    return undefined;
  }
}

export interface DescribeOptions extends SessionOptions {
  readonly selector?: string;
}

export const describe = inSession(
  async (session: Session, options: DescribeOptions, word: string, names: string[]) => {
    const targets = parseTargets(await session.types(), [word, ...names]);
    let isFirst = true;
    for (const { type, name } of targets) {
      const project = session.projectFor(type);
      const selection = options.selector === undefined ? {} : { labels: options.selector };
      const objects =
        name === undefined
          ? (await listObjects(session.client, type, project, selection)).items
          : [await getObject(session.client, type, project, name)];
      for (const object of objects) {
        const lines = describeObject(type, object, await eventsOf(session, object), Date.now());
        printLines(isFirst ? lines : ['', '', ...lines]);
        isFirst = false;
      }
    }
  },
);
