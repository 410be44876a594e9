import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AccessAttributes, type Actor, systemActor } from '#kernel/access.ts';
import { REGION } from '#kernel/realm-id.ts';
import {
  ALIKE,
  casesOf,
  expected,
  ORGANIZATION_EXPECTED,
  ORGANIZATION_PERSONAS,
  OTHER_PROJECT,
  OWN_PROJECT,
  REGION_EXPECTED,
  REGION_PERSONAS,
  realmOf,
} from '../testing/expectations.ts';
import { ACME, RIVAL, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project } from '../testing/kinds.ts';
import { type ApiOperation, apiOperations, operationName } from './operations.ts';

// Every operation that the wire can route × every persona. Nothing here knows how the authorizer decides.
describe('every operation of the API', () => {
  let region: TrustFixture;
  let operations: readonly ApiOperation[];
  const actors = new Map<string, Actor>();
  let rivalAdmin: Actor;

  before(async () => {
    region = await trustFixture();
    operations = apiOperations(region.registry);
    for (const name of [OWN_PROJECT, OTHER_PROJECT]) await region.make(ACME, Project, { metadata: { name } });
    for (const [realm, personas] of [
      [REGION, REGION_PERSONAS],
      [ACME, ORGANIZATION_PERSONAS],
    ] as const) {
      for (const { name, role, project } of personas) {
        if (role) await region.bind(realm, name, role, name, project);
        actors.set(name, await region.person(realm, name));
      }
    }
    await region.bind(RIVAL, 'admin', 'organization-admin', 'admin');
    rivalAdmin = await region.person(RIVAL, 'admin');
  });
  after(() => region.close());

  const decide = (attributes: AccessAttributes) => region.authorizer.decide(attributes);

  it('is decided for every persona as the table of expectations says', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const { class: name, attributes } of casesOf(operation)) {
        for (const [persona, allowed] of expected(operation.realm, name)) {
          const actor = actors.get(persona);
          assert.ok(actor);
          const decision = await decide({ ...attributes, realm: realmOf(operation), actor });
          if (decision.allowed !== allowed) {
            wrong.push(
              `${operationName(operation)} by ${persona} (${name}): expected ${allowed}, ${decision.reason}`,
            );
          }
          assert.notEqual(decision.reason, '', operationName(operation));
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(operations.length > 100, `${operations.length} operations`);
  });

  it('has a case that allows and a case that denies among the people of the realm', () => {
    const untested: string[] = [];
    for (const operation of operations) {
      const classes = casesOf(operation).map((one) => one.class);
      const outcomes = new Set(classes.flatMap((name) => [...expected(operation.realm, name).values()]));
      const alike = classes.every((name) => Object.hasOwn(ALIKE, name));
      if (outcomes.size !== 2 && !alike) untested.push(operationName(operation));
      if (outcomes.size === 2 && alike) untested.push(`${operationName(operation)} is not alike after all`);
    }
    assert.deepEqual(untested, []);
  });

  it('is closed to everybody of another realm, whatever they may do at home', async () => {
    const open: string[] = [];
    for (const operation of operations) {
      const strangers = operation.realm === 'region' ? ['admin'] : ['operator', 'region-auditor'];
      const foreign = [rivalAdmin, ...strangers.flatMap((name) => actors.get(name) ?? [])];
      for (const { attributes } of casesOf(operation)) {
        for (const actor of foreign) {
          const decision = await decide({ ...attributes, realm: realmOf(operation), actor });
          if (decision.allowed) open.push(`${operationName(operation)} by ${actor.name} of ${actor.realm}`);
        }
      }
    }
    assert.deepEqual(open, []);
  });

  it('is open to our own controllers in their realm, and closed to them in any other', async () => {
    for (const operation of operations) {
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
    for (const operation of operations) {
      for (const { class: name } of casesOf(operation)) used[operation.realm].add(name);
    }
    assert.deepEqual([...used.region].sort(), Object.keys(REGION_EXPECTED).sort());
    assert.deepEqual([...used.organization].sort(), Object.keys(ORGANIZATION_EXPECTED).sort());
  });

  it('is listed by `kubectl auth can-i --list` exactly where it is allowed', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const { class: name, attributes } of casesOf(operation)) {
        for (const [persona, allowed] of expected(operation.realm, name)) {
          const actor = actors.get(persona);
          assert.ok(actor);
          const project = attributes.resource === 'namespaces' ? attributes.name : attributes.namespace;
          // The status of an object is read with the rights to the object, so no rule lists it.
          if (attributes.subresource === 'status') continue;
          const rules = await region.authorizer.rules(actor, project);
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
