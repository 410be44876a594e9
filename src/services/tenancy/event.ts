/**
 * Event: what happened to an object, in the words that `kubectl describe` and `kubectl events` print. Kept for an hour:
 * it is news, not the record. The record is the ledger.
 */
import { Type } from 'typebox';
import { defineKind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';

/** Events that nobody repeated for so long are deleted. */
export const EVENT_LIFETIME_ms = 60 * 60_000;

const MESSAGE_LENGTH_MAX = 1024; // As in Kubernetes.

const text = (description: string, maxLength = 253) => Type.Optional(Type.String({ description, maxLength }));
const time = (description: string) => Type.Optional(Type.String({ description, maxLength: 40 }));

const ObjectReference = (description: string) =>
  Type.Object(
    {
      kind: text('Kind of the object.'),
      namespace: text('Its project.'),
      name: text('Its name.'),
      uid: text('Its uid.'),
      apiVersion: text('Its group and version.'),
      resourceVersion: text('Its revision.'),
      fieldPath: text('The part of it that is meant.', MESSAGE_LENGTH_MAX),
    },
    { description },
  );

export interface EventObject extends KubeObject {
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly eventTime?: string;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

export const Event = defineKind({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Project',
  realms: ['region', 'organization'],
  description:
    'Something that happened to an object. Kept for an hour; what changed is in the ledger for good.',
  fields: {
    involvedObject: ObjectReference('The object that it happened to.'),
    reason: text('Why, in one CamelCase word, for programs.'),
    message: text('What happened, for people.', MESSAGE_LENGTH_MAX),
    source: Type.Optional(
      Type.Object(
        { component: text('Who reports it.'), host: text('From where.') },
        { description: 'Who reports it.' },
      ),
    ),
    firstTimestamp: time('When it happened first.'),
    lastTimestamp: time('When it happened last.'),
    count: Type.Optional(Type.Integer({ minimum: 0, description: 'How often it happened.' })),
    type: text('Normal or Warning.'),
    eventTime: time('When it happened, with microseconds.'),
    series: Type.Optional(
      Type.Object(
        {
          count: Type.Optional(Type.Integer({ minimum: 0 })),
          lastObservedTime: time('When it happened last.'),
        },
        { description: 'How often it happened, and when last.' },
      ),
    ),
    action: text('What was done or failed.'),
    related: Type.Optional(ObjectReference('A second object that it is about.')),
    reportingComponent: text('The controller that reports it.'),
    reportingInstance: text('Which one of several.'),
  },
  columns: [
    {
      name: 'Last Seen',
      type: 'date',
      description: 'When it happened last.',
      value: (object) => lastSeen(object),
    },
    { name: 'Type', type: 'string', description: 'Normal or Warning.', value: 'type' },
    { name: 'Reason', type: 'string', description: 'Why, in one word.', value: 'reason' },
    {
      name: 'Object',
      type: 'string',
      description: 'The object that it happened to.',
      value: (object) => {
        const { kind, name } = (object as EventObject).involvedObject;
        return kind === undefined ? name : `${kind.toLowerCase()}/${name ?? ''}`;
      },
    },
    { name: 'Message', type: 'string', description: 'What happened.', value: 'message' },
    { name: 'Count', type: 'integer', description: 'How often.', value: 'count', priority: 1 },
    { name: 'Name', type: 'string', description: 'The event’s name.', value: 'metadata.name', priority: 1 },
  ],
  normalize: withoutNulls,
});

// client-go writes fields it leaves empty as null (`eventTime: null`), which means that they are absent.
function withoutNulls(object: KubeObject): KubeObject {
  const entries = Object.entries(object);
  if (entries.every(([, value]) => value !== null)) return object;
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as unknown as KubeObject;
}

/** When it happened last, RFC 3339. */
export function lastSeen(object: KubeObject): string {
  const { series, lastTimestamp, eventTime, firstTimestamp, metadata } = object as EventObject;
  return (
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp
  );
}
