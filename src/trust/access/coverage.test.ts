import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ResourceRule, systemActor } from '#kernel/access.ts';
import { defineKind } from '#kernel/kind.ts';
import { REGION } from '#kernel/realm-id.ts';
import { KEY_KINDS } from '../keys/service.ts';
import {
  casesOf,
  expected,
  ORGANIZATION_EXPECTED,
  REGION_EXPECTED,
  realmOf,
} from '../testing/expectations.ts';
import { ACME, trustFixture } from '../testing/fixture.ts';
import { SAMPLE_KINDS } from '../testing/kinds.ts';
import {
  actorOf,
  openSurface,
  openToStrangers,
  type Surface,
  untestedOperations,
  wrongDecisions,
} from '../testing/walk.ts';
import { operationName } from './operations.ts';

const AccessKey = defineKind({
  group: 'objects.casemate.internal',
  version: 'v1',
  kind: 'AccessKey',
  plural: 'accesskeys',
  scope: 'Project',
  realms: ['organization'],
  description: 'Something to sign with.',
});

// Every operation that the wire can route × every persona. Nothing here knows how the authorizer decides.
describe('every operation of the API', () => {
  let surface: Surface;
  before(async () => {
    surface = await openSurface(await trustFixture([...SAMPLE_KINDS, ...KEY_KINDS, AccessKey]));
  });
  after(() => surface.region.close());

  it('is decided for every persona as the table of expectations says', async () => {
    assert.deepEqual(await wrongDecisions(surface), []);
    assert.ok(surface.operations.length > 100, `${surface.operations.length} operations`);
  });

  it('has a case that allows and a case that denies among the people of the realm', () => {
    assert.deepEqual(untestedOperations(surface), []);
  });

  it('is closed to everybody of another realm, whatever they may do at home', async () => {
    assert.deepEqual(await openToStrangers(surface), []);
  });

  it('is open to our own controllers in their realm, and closed to them in any other', async () => {
    const { decide } = surface.region.authorizer;
    for (const operation of surface.operations) {
      const realm = realmOf(operation);
      for (const { attributes } of casesOf(operation)) {
        const own = await decide({ ...attributes, realm, actor: systemActor(realm, 'controller:test') });
        assert.equal(own.allowed, true, operationName(operation));
        const other = systemActor(realm === REGION ? ACME : REGION, 'controller:test');
        assert.equal(
          (await decide({ ...attributes, realm, actor: other })).allowed,
          false,
          operationName(operation),
        );
      }
    }
  });

  it('belongs to a class, and every class of the tables is used', () => {
    const used = { region: new Set<string>(), organization: new Set<string>() };
    for (const operation of surface.operations) {
      for (const { class: name } of casesOf(operation)) used[operation.realm].add(name);
    }
    assert.deepEqual([...used.region].sort(), Object.keys(REGION_EXPECTED).sort());
    assert.deepEqual([...used.organization].sort(), Object.keys(ORGANIZATION_EXPECTED).sort());
  });

  it('is listed by `kubectl auth can-i --list` exactly where it is allowed', async () => {
    const wrong: string[] = [];
    const asked = new Map<string, readonly ResourceRule[]>();
    const rulesOf = async (persona: string, project: string | undefined) => {
      const key = `${persona} ${project}`;
      const rules =
        asked.get(key) ?? (await surface.region.authorizer.rules(actorOf(surface, persona), project));
      asked.set(key, rules);
      return rules;
    };
    for (const operation of surface.operations) {
      for (const { class: name, attributes } of casesOf(operation)) {
        for (const [persona, allowed] of expected(operation.realm, name)) {
          const project = attributes.resource === 'namespaces' ? attributes.name : attributes.namespace;
          // The status of an object is read with the rights to the object, so no rule lists it.
          if (attributes.subresource === 'status') continue;
          const rules = await rulesOf(persona, project);
          const resource = attributes.subresource
            ? `${attributes.resource}/${attributes.subresource}`
            : attributes.resource;
          const listed = rules.some(
            (rule) =>
              rule.verbs.includes(attributes.verb) &&
              rule.apiGroups.includes(attributes.group) &&
              rule.resources.includes(resource) &&
              (rule.resourceNames === undefined || rule.resourceNames.includes(attributes.name ?? '')),
          );
          if (listed !== allowed) wrong.push(`${operationName(operation)} by ${persona}: listed ${listed}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });
});
