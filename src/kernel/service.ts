/**
 * What a service hands to the composition root. Adding a service is adding a folder that exports a function which
 * makes one of these, and one line in `region/services.ts`.
 */
import type { Connector } from './connect.ts';
import type { Controller } from './controller.ts';
import type { Admission, Kind } from './kind.ts';
import type { Reviewer } from './review.ts';
import type { RealmRoute } from './route.ts';

export interface Service {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** Rules over changes of any kind (quota, project lifecycle). */
  readonly admissions?: readonly Admission[];
  readonly controllers?: readonly Controller[];
  /** Streams, keyed `<resource>/<subresource>`: `instances.compute.casemate.internal/exec`. */
  readonly connectors?: Readonly<Record<string, Connector>>;
  /** Answers of kinds that are questions, by resource. */
  readonly reviews?: Readonly<Record<string, Reviewer>>;
  /** Protocols that are not the API, below a realm's prefix: OpenID, SCIM, ACME. */
  readonly routes?: readonly RealmRoute[];
}
