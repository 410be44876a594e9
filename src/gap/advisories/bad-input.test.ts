import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sbomInventory } from './inventory/cyclonedx.ts';
import { npmLockInventory } from './inventory/npm-lock.ts';
import { AdvisoryError } from './problem.ts';
import { parseTrackerEntry } from './sources/debian-tracker.ts';
import { parseVexDocument } from './sources/openvex.ts';
import { parseOsvEntry } from './sources/osv.ts';
import { copyOf, OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from './testing/samples.ts';

const SBOM = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: { component: { name: 'shop', purl: 'pkg:npm/shop@1.0.0' } },
  components: [
    {
      type: 'library',
      name: 'libkettle3',
      version: '1-1',
      purl: 'pkg:deb/debian/libkettle3@1-1?upstream=kettle-ssl%401-1&distro=debian-12',
      licenses: [{ license: { id: 'MIT' } }, { expression: 'A OR B' }],
      components: [{ name: 'spout', purl: 'pkg:npm/spout@1.0.0' }],
    },
  ],
};
const LOCK = {
  lockfileVersion: 3,
  packages: {
    '': { name: 'shop', version: '1.0.0' },
    'node_modules/a': { version: '1.0.0', license: 'MIT' },
    'node_modules/b': { name: 'c', version: '2.0.0' },
    local: { link: true },
  },
};

const READERS: readonly (readonly [name: string, sample: unknown, read: (value: unknown) => unknown])[] = [
  [
    'an entry of Debian’s tracker',
    TRACKER_SAMPLE['kettle-ssl']['CVE-0000-0002'],
    (value) => parseTrackerEntry({ path: ['kettle-ssl', 'CVE-0000-0002'], value }),
  ],
  ...OSV_SAMPLE.map((one) => [`the OSV entry ${one.id}`, one, parseOsvEntry] as const),
  ['an OpenVEX document', VEX_SAMPLE, parseVexDocument],
  ['an SBOM', SBOM, (value) => sbomInventory(JSON.stringify(value))],
  ['a lock file', LOCK, (value) => npmLockInventory(JSON.stringify(value))],
];

const value = fc.constantFrom<unknown>(
  ...[null, 0, -1, 1e300, true, '', ' ', '0', '*', 'x', '\n\t', '../..', '__proto__', 'constructor'],
  ...['pkg:', 'pkg:npm/x', 'pkg:deb/debian/%zz', '2026-01-01T00:00:00Z', [], {}, [null], [[]], { a: 1 }],
);
const MISSING = Symbol('missing');

/** Every place in a sample, as the keys that lead there. */
function placesIn(sample: unknown, path: readonly string[] = []): string[][] {
  if (typeof sample !== 'object' || sample === null) return [];
  return Object.entries(sample).flatMap(([key, inner]) => [
    [...path, key],
    ...placesIn(inner, [...path, key]),
  ]);
}

function put(sample: unknown, path: readonly string[], what: unknown): unknown {
  const copy = copyOf(sample);
  let at: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  if (what === MISSING) delete at[last];
  else at[last] = what;
  return copy;
}

describe('bad input', () => {
  for (const [name, sample, read] of READERS) {
    it(`in any place of ${name} is read, or refused with where it is; nothing else happens`, () => {
      read(sample);
      const place = fc.constantFrom(...placesIn(sample));
      let refused = 0;
      fc.assert(
        fc.property(place, fc.oneof(value, fc.constant(MISSING)), (path, what) => {
          try {
            read(put(sample, path, what));
          } catch (error) {
            assert.ok(error instanceof AdvisoryError, `${path.join('.')}: ${error}`);
            assert.match(error.message, /^[a-z.-]+: |^package-lock\.json/);
            refused++;
          }
        }),
        { seed: 13, numRuns: 1_000 },
      );
      assert.ok(refused > 50, `${refused} refused`);
    });
  }
});
