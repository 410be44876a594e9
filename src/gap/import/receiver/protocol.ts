/**
 * What the region and its receiver say to each other: JSON, a line each. The receiver has read what nobody has verified, so all that it says is bounded, and checked
 * against these schemas before anything is done with it.
 */
import { type Static, Type } from 'typebox';
import { POLICY } from '../../advisories/policy.ts';
import { BLOB_BYTES_MAX, MIB, ROOT_BYTES_MAX } from '../../bundle/limits.ts';
import { AGE_POLICY } from '../age.ts';
import { ImportRefusalSchema, REFUSALS_MAX, ScanSchema } from '../import-kind.ts';
import { Summary } from '../summary.ts';

/** One line: the summary of the largest bundle, or the longest root, as JSON in JSON. */
export const LINE_BYTES_MAX = 4 * MIB;

const text = (maxLength = 4_096) => Type.String({ maxLength });
const integer = () => Type.Integer({ minimum: 0 });

/** The first line: what is to be done. Folders are absolute. */
export const Job = Type.Object({
  job: Type.Union([Type.Literal('receive'), Type.Literal('check'), Type.Literal('scan')]),
  /** Where the bundle lies: on the medium to receive it, in quarantine for the others. */
  bundle: text(),
  /** Where it is put. */
  quarantine: text(),
  /** What was published, which deltas build on. */
  content: text(),
  advisories: text(),
  clock_ms: Type.Number(),
  age: AGE_POLICY,
  policy: POLICY,
  /** To be looked into. What this machine made itself is what it was made of. */
  archives: Type.Boolean(),
  trust: Type.Object({
    root: text(ROOT_BYTES_MAX),
    ledger_ms: Type.Number(),
    accepted: Type.Array(
      Type.Object({ name: text(), version: Type.Integer(), digest: text(), created_ms: Type.Number() }),
    ),
  }),
});
export type Job = Static<typeof Job>;

/** Bytes of the bundle's file that are needed no more. */
const Place = Type.Object({ from: integer(), to: integer() });

const message = <T extends string, P extends Parameters<typeof Type.Object>[0]>(type: T, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties });

/** What the receiver says. The last one of a job is `checked`, `scanned`, or one that says why not. */
export const Said = Type.Union([
  /** That many small parts were read and checked: it is at work. */
  message('read', { count: integer() }),
  /** Is that file there, or shall I write its draft? Answered with `there`. */
  message('take', { name: text(80), size: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }) }),
  /** Much of it was written: its room on the medium can be given back. */
  message('written', { name: text(80), read: Type.Optional(Place) }),
  message('done', { name: text(80), read: Type.Optional(Place) }),
  message('progress', { done: integer(), total: integer() }),
  message('root', { root: text(ROOT_BYTES_MAX) }),
  message('checked', { summary: Summary }),
  message('scanned', {
    scan: ScanSchema,
    refusals: Type.Array(ImportRefusalSchema, { maxItems: REFUSALS_MAX }),
  }),
  message('refused', { reason: text(64), part: text(8_192), message: text(16_384) }),
  message('no-space', { message: text() }),
  /** It builds on content that was not published yet. */
  message('missing', { message: text(16_384) }),
  /** It took more than it may of something. */
  message('bound', { bound: Type.Literal('memory') }),
  /** `disk`: the medium or the disk is to blame, and may be better later; else it is what it read, or we are. */
  message('failed', { message: text(16_384), disk: Type.Boolean() }),
  /** Of whoever started it: how it ended. */
  message('ended', { how: text(256) }),
]);
export type Said = Static<typeof Said>;

/** The answer to `take`. */
export const Answer = Type.Object({ there: Type.Boolean() });
export type Answer = Static<typeof Answer>;
