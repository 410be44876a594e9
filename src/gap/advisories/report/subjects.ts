/** What a report looks into: whoever composes the region says what there is in a realm and how its packages are read. */
import type { Kind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { Inventory } from '../model.ts';
import type { ReportSubject } from './report-kind.ts';

export interface Subject {
  readonly kind: ReportSubject['kind'];
  /** Tells it apart for ever; what was read of it is remembered by this. */
  readonly uid: string;
  readonly project?: string;
  readonly name: string;
}

export interface Subjects {
  /** Its changes are when things come and go. */
  readonly kind: Kind;
  /** What there is to look into now, in one order. Pure. */
  list(view: RealmView): readonly Subject[];
  /** Reads its packages, running nothing in it. Throws an AdvisoryError, or `Unreadable`, with what keeps it from being read. */
  read(subject: Subject, view: RealmView, realm: RealmId, signal: AbortSignal): Promise<Inventory>;
}

/** It cannot be read now; the message says why, for whoever reads the report. */
export class Unreadable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unreadable';
  }
}
