/**
 * Advisory data in the real formats with made-up vulnerabilities, for tests. Every id has the year 0000 or the prefix TEST, and every package
 * is fictitious, so that nobody takes a line of it for a fact.
 */

export const TRACKER_SAMPLE = {
  'kettle-ssl': {
    'CVE-0000-0001': {
      description: 'A made-up overflow in kettle-ssl.',
      scope: 'remote',
      releases: {
        bookworm: {
          status: 'resolved',
          repositories: { bookworm: '3.0.1-1~deb12u2' },
          fixed_version: '3.0.1-1~deb12u2',
          urgency: 'high',
        },
        sid: {
          status: 'resolved',
          repositories: { sid: '3.2.0-1' },
          fixed_version: '3.2.0-1',
          urgency: 'high',
        },
      },
    },
    'CVE-0000-0002': {
      description: 'Made up; Debian will not issue an advisory.',
      releases: {
        bookworm: {
          status: 'open',
          repositories: { bookworm: '3.0.1-1~deb12u2' },
          urgency: 'low**',
          nodsa: 'Minor issue',
          nodsa_reason: 'ignored',
        },
        sid: { status: 'open', repositories: { sid: '3.2.0-1' }, urgency: 'low' },
      },
    },
    'CVE-0000-0003': {
      description: 'Made up; never affected in bookworm.',
      releases: { bookworm: { status: 'resolved', fixed_version: '0', urgency: 'unimportant' } },
    },
    'CVE-0000-0004': {
      description: 'Made up; nobody looked yet.',
      releases: { bookworm: { status: 'undetermined', urgency: 'not yet assigned' } },
    },
  },
  teapotd: {
    'CVE-0000-0005': {
      description: 'Made up; taken out of bookworm.',
      releases: { sid: { status: 'resolved', fixed_version: '2.0-1', urgency: 'medium' } },
    },
    'CVE-0000-0006': {
      description: 'Made up; said to be removed.',
      releases: { bookworm: { status: 'removed', urgency: 'end-of-life' } },
    },
  },
} as const;

export const OSV_SAMPLE = [
  {
    schema_version: '1.6.0',
    id: 'TEST-0000-npm-1',
    modified: '2026-10-02T08:00:00Z',
    aliases: ['CVE-0000-0101'],
    summary: 'Made-up prototype pollution in left-kettle.',
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: 'npm', name: 'left-kettle' },
        ranges: [
          {
            type: 'SEMVER',
            events: [{ introduced: '0' }, { fixed: '1.3.1' }, { introduced: '2.0.0' }, { fixed: '2.1.0' }],
          },
          { type: 'GIT', repo: 'https://example.invalid/x', events: [{ introduced: '0' }] },
        ],
      },
    ],
  },
  {
    id: 'TEST-0000-npm-2',
    modified: '2026-09-01T08:00:00Z',
    summary: 'Made up; no fix.',
    database_specific: { severity: 'MODERATE' },
    affected: [
      {
        package: { ecosystem: 'npm', name: '@tea/pot' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0.5.0' }, { last_affected: '0.9.2' }] }],
        versions: ['0.4.9'],
      },
    ],
  },
  {
    id: 'TEST-0000-npm-3',
    modified: '2026-09-01T08:00:00Z',
    withdrawn: '2026-09-02T08:00:00Z',
    affected: [{ package: { ecosystem: 'npm', name: 'left-kettle' }, versions: ['1.3.0'] }],
  },
  {
    id: 'TEST-0000-deb-1',
    modified: '2026-10-01T08:00:00Z',
    upstream: ['CVE-0000-0001'],
    details: 'The same as Debian’s tracker says, as OSV.',
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'kettle-ssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.1-1~deb12u2' }] }],
      },
      { package: { ecosystem: 'PyPI', name: 'kettle' }, versions: ['1'] },
    ],
  },
] as const;

export const VEX_SAMPLE = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.invalid/vex/1',
  author: 'Example Security Team',
  timestamp: '2026-10-03T08:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-0000-0002' },
      products: [{ '@id': 'pkg:deb/debian/kettle-ssl' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
    {
      vulnerability: { name: 'CVE-0000-0101' },
      products: [{ '@id': 'pkg:npm/shop@1.0.0', subcomponents: [{ '@id': 'pkg:npm/left-kettle@1.3.0' }] }],
      status: 'not_affected',
      impact_statement: 'The shop never calls it.',
    },
  ],
} as const;

/** A deep copy that a test may spoil. */
export const copyOf = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value));
