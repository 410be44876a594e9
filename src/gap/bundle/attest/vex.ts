/** What is known of vulnerabilities in an item, by the word of whoever wrote the recipe: an OpenVEX 0.2.0 document about the item's manifest. Pure. */
import type { VexStatement } from '../content/base-item.ts';
import { jsonBytes } from '../json.ts';

export interface VexOptions {
  /** The bundle's name: who says so. */
  readonly author: string;
  /** RFC 3339. */
  readonly created: string;
  readonly path: string;
  /** SHA-256 of the item's manifest, in hexadecimal. */
  readonly sha256: string;
}

export const vexBytes = (
  statements: readonly VexStatement[],
  { author, created, path, sha256 }: VexOptions,
) =>
  jsonBytes({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `https://bundle.casemate.internal/vex/${path}/${sha256}`,
    author,
    timestamp: created,
    version: 1,
    statements: statements.map(({ vulnerability, status, justification, impact, action }) => ({
      vulnerability: { name: vulnerability },
      products: [{ '@id': `https://bundle.casemate.internal/${path}`, hashes: { 'sha-256': sha256 } }],
      status,
      ...(justification === undefined ? {} : { justification }),
      ...(impact === undefined ? {} : { impact_statement: impact }),
      ...(action === undefined ? {} : { action_statement: action }),
    })),
  });

/** OpenVEX 0.2.0, "Status Justifications" and "action_statement": what a status must come with; undefined when it does. */
export function vexProblem({ vulnerability, status, justification, impact, action }: VexStatement) {
  if (status === 'not_affected' && justification === undefined && impact === undefined) {
    return `${vulnerability}: not_affected needs a justification, or an impact in words`;
  }
  return status === 'affected' && action === undefined
    ? `${vulnerability}: affected needs an action: what to do about it`
    : undefined;
}
