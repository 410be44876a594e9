import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseCidr, type Range } from '#engines/nftables/ipv4.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { ChangeContext } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { networkAdmission } from './admission.ts';
import { AddressRange, ForwardPort } from './claims.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import { Forward } from './forward.ts';
import { Network } from './network.ts';

const KINDS = [Network, FirewallPolicy, Forward, AddressRange, ForwardPort];

describe('what is refused, and how it is said', () => {
  let realms: TestRealms;
  before(async () => {
    realms = await openTestRealms({
      kinds: KINDS,
      admissions: [
        networkAdmission({
          pools: [parseCidr('10.64.0.0/10') as Range],
          forwardAddresses: ['192.0.2.1'],
          forwardPorts: { first: 20_000, last: 29_999 },
        }),
      ],
    });
  });
  after(() => realms.close());

  const create = (kind: Kind, name: string, spec: object) => {
    const realm = kind.scope === 'Realm' ? REGION : '/orgs/acme';
    return realms.realms.use(realm, ({ resources }) =>
      resources.create(
        kind,
        kind.scope === 'Realm' ? undefined : 'default',
        { metadata: { name }, spec },
        realms.context(realm),
      ),
    );
  };

  const all = { instances: {} };
  const rule = (parts: object) => ({ ...all, ingress: [{ action: 'Allow', ...parts }] });
  const forward = (parts: object) => ({
    protocol: 'tcp',
    listen: { port: 20_022 },
    target: { instance: 'web', port: 22 },
    allowedSources: ['0.0.0.0/0'],
    ...parts,
  });

  const REFUSED: readonly (readonly [kind: Kind, name: string, spec: object, message: RegExp])[] = [
    [
      Network,
      'n',
      { cidr: '10.64.0.1/24' },
      /spec\.cidr: has bits set after the prefix: write 10\.64\.0\.0\/24/,
    ],
    [Network, 'n', { cidr: 'ten' }, /spec\.cidr: must be an IPv4 range such as/],
    [Network, 'n', { cidr: '10.64.0.0/12' }, /spec\.cidr: prefix length must be 16 to 28/],
    [
      Network,
      'n',
      { cidr: '192.168.0.0/24' },
      /must lie within this region's range for networks: 10\.64\.0\.0\/10/,
    ],
    [Network, 'a.b', {}, /metadata\.name: must be a DNS label/],
    [
      FirewallPolicy,
      'p',
      rule({ ports: [{ port: 80 }] }),
      /spec\.ingress\[0\]\.ports: protocol any has no ports/,
    ],
    [
      FirewallPolicy,
      'p',
      rule({ protocol: 'tcp', ports: [{ port: 80, endPort: 79 }] }),
      /spec\.ingress\[0\]\.ports\[0\]\.endPort: must not be less than port \(80\)/,
    ],
    [
      FirewallPolicy,
      'p',
      rule({ from: [{}] }),
      /spec\.ingress\[0\]\.from\[0\]: must have instances, network or cidr/,
    ],
    [
      FirewallPolicy,
      'p',
      rule({ from: [{ cidr: '10.0.0.0/8', network: 'n' }] }),
      /spec\.ingress\[0\]\.from\[0\]\.cidr: cannot be combined/,
    ],
    [
      FirewallPolicy,
      'p',
      { ...all, egress: [{ action: 'Deny', to: [{ cidr: '10.0.0.1/8' }] }] },
      /spec\.egress\[0\]\.to\[0\]\.cidr: has bits set after the prefix: write 10\.0\.0\.0\/8/,
    ],
    [
      FirewallPolicy,
      'p',
      { instances: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      /spec\.instances\.matchExpressions\[0\]\.values: operator In needs at least one value/,
    ],
    [FirewallPolicy, 'p', rule({ action: 'Maybe' }), /spec\.ingress\[0\]\.action/],
    [Forward, 'f', forward({ listen: { port: 22 } }), /spec\.listen\.port: must be within .* 20000 to 29999/],
    [
      Forward,
      'f',
      forward({ listen: { port: 20_022, address: '192.0.2.9' } }),
      /spec\.listen\.address: must be one of this region's forward addresses: 192\.0\.2\.1/,
    ],
    [Forward, 'f', forward({ allowedSources: [] }), /spec\.allowedSources/],
    [Forward, 'f', forward({ allowedSources: undefined }), /spec\.allowedSources/],
    [Forward, 'f', forward({ allowedSources: ['any'] }), /spec\.allowedSources\[0\]: must be an IPv4 range/],
    [AddressRange, 'r', { cidr: '10.1.2.3/8' }, /spec\.cidr: has bits set after the prefix/],
    [
      ForwardPort,
      'p',
      { protocol: 'tcp', address: '192.0.2.1', port: 1 },
      /metadata\.name: must be tcp-1-192-0-2-1, so that a port has one claim/,
    ],
  ];
  for (const [kind, name, spec, message] of REFUSED) {
    it(`${kind.kind} ${JSON.stringify(spec)}`, async () => {
      await assert.rejects(create(kind, name, spec), (error: unknown) => {
        assert.ok(isStatusError(error, 'Invalid'), String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('two claims never overlap, whoever is first', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `r${n}`);
    const outcomes = await Promise.allSettled(
      names.map((name) => create(AddressRange, name, { cidr: '10.64.5.0/24' })),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    await assert.rejects(create(AddressRange, 'inner', { cidr: '10.64.5.16/28' }), (error: unknown) => {
      assert.ok(isStatusError(error, 'Conflict'));
      assert.match(error.message, /10\.64\.5\.16\/28 overlaps 10\.64\.5\.0\/24, which is taken/);
      return true;
    });
  });

  it('an operator keeps ranges and ports for the region, but neither takes nor forges what an organization holds', async () => {
    const operator: ChangeContext = {
      ...realms.context(REGION),
      actor: {
        realm: REGION,
        name: 'olga',
        groups: ['system:authenticated', 'system:operators'],
        credential: 'certificate:1',
      },
    };
    const owner = { organization: 'acme', project: 'default', name: 'lan', uid: 'u-1' };
    const claims = [
      [AddressRange, 'held', { cidr: '10.65.5.0/24' }],
      [ForwardPort, 'udp-20001-192-0-2-1', { protocol: 'udp', address: '192.0.2.1', port: 20_001 }],
    ] as const;
    const refused = (change: Promise<unknown>, how: RegExp) =>
      assert.rejects(change, (error: unknown) => {
        assert.ok(isStatusError(error, 'Forbidden'), String(error));
        assert.match(error.message, how);
        return true;
      });
    for (const [kind, name, spec] of claims) {
      const held = { metadata: { name }, spec: { ...spec, owner } };
      await realms.realms.use(REGION, async ({ resources, view }) => {
        await refused(resources.create(kind, undefined, held, operator), /leave spec\.owner out/);
        await resources.create(kind, undefined, held, realms.context(REGION));
        const holds =
          /organization acme holds it, and gives it back by deleting what needs it in its project default/;
        await refused(resources.delete(kind, { name }, operator), holds);
        const labelled = { ...held, metadata: { name, labels: { a: 'b' } } };
        await refused(resources.update(kind, { name }, labelled, operator), holds);
        assert.ok(view.entry(kind, { name }));
        await resources.delete(kind, { name }, realms.context(REGION));
        await resources.create(kind, undefined, { metadata: { name }, spec }, operator);
        await resources.delete(kind, { name }, operator);
      });
    }
  });

  it('a network’s range, and where a forward listens, stay as they were made', async () => {
    await create(Network, 'fixed', { cidr: '10.64.9.0/24' });
    await create(Forward, 'fixed', forward({}));
    for (const [kind, spec, field] of [
      [Network, { cidr: '10.64.10.0/24' }, 'spec.cidr'],
      [Forward, forward({ listen: { port: 20_023 } }), 'spec.listen'],
    ] as const) {
      await assert.rejects(
        realms.realms.use('/orgs/acme', ({ resources }) =>
          resources.update(
            kind,
            { namespace: 'default', name: 'fixed' },
            { metadata: { name: 'fixed' }, spec },
            realms.context('/orgs/acme'),
          ),
        ),
        (error: unknown) => {
          assert.ok(isStatusError(error, 'Invalid'));
          assert.equal(error.details?.causes?.[0]?.field, field);
          return true;
        },
      );
    }
    await assert.rejects(
      create(Network, 'over', { cidr: '10.64.9.16/28' }),
      /overlaps 10\.64\.9\.0\/24 of network default\/fixed/,
    );
  });
});
