/**
 * Walks every operation of an API surface with every persona and says where the authorizer and the table of expectations
 * differ. Takes any registry, so that the same walk judges sample kinds and the kinds a region really serves. Tests only.
 */
import type { Actor } from '#kernel/access.ts';
import { REGION } from '#kernel/realm-id.ts';
import { type ApiOperation, apiOperations, operationName } from '../access/operations.ts';
import {
  ALIKE,
  casesOf,
  expected,
  ORGANIZATION_PERSONAS,
  OTHER_PROJECT,
  OWN_PROJECT,
  REGION_PERSONAS,
  realmOf,
} from './expectations.ts';
import { ACME, RIVAL, type TrustFixture } from './fixture.ts';
import { Project } from './kinds.ts';

export interface Surface {
  readonly region: TrustFixture;
  readonly operations: readonly ApiOperation[];
  /** By persona; and `rival`, who administers another organization. */
  readonly actors: ReadonlyMap<string, Actor>;
}

/** Makes the projects and every persona, with real certificates and bindings. */
export async function openSurface(region: TrustFixture): Promise<Surface> {
  const projectKind = region.registry.resource(Project.resource) ?? Project;
  for (const name of [OWN_PROJECT, OTHER_PROJECT]) {
    await region.make(ACME, projectKind, { metadata: { name } });
  }
  const actors = new Map<string, Actor>();
  for (const [realm, personas] of [
    [REGION, REGION_PERSONAS],
    [ACME, ORGANIZATION_PERSONAS],
  ] as const) {
    for (const { name, role, project } of personas) {
      if (role) await region.bind(realm, name, role, name, project);
      actors.set(name, await region.person(realm, name));
    }
  }
  await region.bind(RIVAL, 'rival', 'organization-admin', 'rival');
  actors.set('rival', await region.person(RIVAL, 'rival'));
  return { region, operations: apiOperations(region.registry), actors };
}

export function actorOf({ actors }: Surface, persona: string): Actor {
  const actor = actors.get(persona);
  if (!actor) throw new Error(`no persona ${persona}`);
  return actor;
}

/** Decisions that are not as expected, in words; none is right. */
export async function wrongDecisions(surface: Surface): Promise<string[]> {
  const wrong: string[] = [];
  for (const operation of surface.operations) {
    for (const { class: name, attributes } of casesOf(operation)) {
      for (const [persona, allowed] of expected(operation.realm, name)) {
        const actor = actorOf(surface, persona);
        const decision = await surface.region.authorizer.decide({
          ...attributes,
          realm: realmOf(operation),
          actor,
        });
        if (decision.allowed === allowed && decision.reason !== '') continue;
        wrong.push(
          `${operationName(operation)} by ${persona} (${name}): expected ${allowed}, ${decision.reason}`,
        );
      }
    }
  }
  return wrong;
}

/** Operations that lack a case that allows or one that denies among the people of their realm; none is right. */
export function untestedOperations({ operations }: Surface): string[] {
  const untested: string[] = [];
  for (const operation of operations) {
    const classes = casesOf(operation).map((one) => one.class);
    const outcomes = new Set(classes.flatMap((name) => [...expected(operation.realm, name).values()]));
    const alike = classes.every((name) => Object.hasOwn(ALIKE, name));
    if (outcomes.size !== 2 && !alike) untested.push(operationName(operation));
    if (outcomes.size === 2 && alike) untested.push(`${operationName(operation)} is not alike after all`);
  }
  return untested;
}

/** Operations open to somebody of another realm; none is right. */
export async function openToStrangers(surface: Surface): Promise<string[]> {
  const open: string[] = [];
  for (const operation of surface.operations) {
    const strangers =
      operation.realm === 'region' ? ['admin', 'rival'] : ['operator', 'region-auditor', 'rival'];
    for (const { attributes } of casesOf(operation)) {
      for (const stranger of strangers) {
        const actor = actorOf(surface, stranger);
        const { allowed } = await surface.region.authorizer.decide({
          ...attributes,
          realm: realmOf(operation),
          actor,
        });
        if (allowed) open.push(`${operationName(operation)} by ${stranger} of ${actor.realm}`);
      }
    }
  }
  return open;
}
