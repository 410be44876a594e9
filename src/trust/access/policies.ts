/**
 * The policies of one realm, and their decisions. Roles and bindings are compiled to Cedar permits and guardrails to forbids; a question is
 * asked of those policies that can be about whoever asks (a permit of somebody else, or of a group they are not in, cannot apply), with those entities
 * that it is about. An answer is remembered by everything it depends on, until a policy changes.
 */
import { type Actor, isInternal } from '#kernel/access.ts';
import { BoundedMap } from '../bounded-map.ts';
import {
  type CedarValueJson,
  type EntityJson,
  type ParsedPolicies,
  type PolicySet,
  parsePolicies,
  type TypeAndId,
} from './cedar/engine.ts';
import { forbidPolicy, minuteOf } from './cedar/guardrail-text.ts';
import { actionIn, actionTraits, permitTemplate } from './cedar/text.ts';
import { TYPES } from './cedar/types.ts';
import { actorName, type Binding, type Grant, grantOf, isServiceAccount, type Subject } from './grants.ts';
import type { NamedGuardrail } from './guardrail.ts';
import { minuteOfWeek } from './moments.ts';
import type { Operation } from './operations-table.ts';
import { isEverywhere, isMany, type Target } from './places.ts';
import type { RoleTerms } from './role-terms.ts';
import { READ_VERBS } from './roles.ts';
import { OBJECT, SELF, SHARED, traitsIn, verbTrait } from './traits.ts';

/** Decisions remembered for a realm. */
const DECISIONS_MAX = 4_096;
/** People whose policies are remembered for a realm. */
const PRINCIPALS_MAX = 1_024;

/** What decided. */
export type Decider =
  | { readonly kind: 'RoleBinding'; readonly grant: Grant }
  | { readonly kind: 'Guardrail'; readonly name: string; readonly message: string }
  | { readonly kind: 'BuiltIn'; readonly rule: 'self' | 'shared' | 'components' };

export interface Decision {
  readonly allowed: boolean;
  /** None where nothing permits. */
  readonly by: readonly Decider[];
}

/** What every realm permits. */
const BUILT_IN = {
  self: `permit(principal, ${actionIn([verbTrait('create')])}, resource) when { ${actionIn([SELF])} && ${actionIn([OBJECT])} };`,
  shared: `permit(principal, ${actionIn(READ_VERBS.map(verbTrait))}, resource) when { ${actionIn([SHARED])} && ${actionIn([OBJECT])} };`,
  components: `permit(principal is ${TYPES.Controller}, action, resource);`,
} as const;

const uid = (type: string, id: string): TypeAndId => ({ type, id });
const REALM = uid(TYPES.Realm, 'realm');
const projectUid = (name: string) => uid(TYPES.Project, name);

/** Everything the policies of a realm are made from. */
export interface PolicySources {
  readonly roles: ReadonlyMap<string, RoleTerms>;
  readonly bindings: readonly Binding[];
  readonly guardrails: readonly NamedGuardrail[];
}

/** What conditions of guardrails need to know, and so what decisions depend on. */
interface Needs {
  readonly labels: readonly string[];
  readonly zones: readonly string[];
  readonly minute: boolean;
  readonly address: boolean;
  readonly strength: boolean;
}

function needsOf(guardrails: readonly NamedGuardrail[]): Needs {
  const labels = new Set<string>();
  const zones = new Set<string>();
  let [minute, address, strength] = [false, false, false];
  for (const { spec } of guardrails) {
    const { when = {}, notBefore, notAfter } = spec;
    for (const key of Object.keys(when.labels ?? {})) labels.add(key);
    for (const hours of [when.timeIn, when.timeNotIn]) if (hours) zones.add(hours.timeZone);
    minute ||= notBefore !== undefined || notAfter !== undefined;
    address ||= when.addressIn !== undefined || when.addressNotIn !== undefined;
    strength ||= when.strengthIn !== undefined || when.strengthNotIn !== undefined;
  }
  return { labels: [...labels].sort(), zones: [...zones], minute, address, strength };
}

/** Authenticators give the same actor again for the same credential. */
const keys = new WeakMap<Actor, string>();

function principalKey(actor: Actor): string {
  let known = keys.get(actor);
  if (known === undefined) {
    known = JSON.stringify([actor.name, actor.groups, isInternal(actor)]);
    keys.set(actor, known);
  }
  return known;
}

/** The policies that can be about somebody. */
interface Slice {
  readonly policies: ParsedPolicies;
  readonly principal: TypeAndId;
  readonly entity: EntityJson;
  /** By the id of the policy. */
  readonly deciders: ReadonlyMap<string, readonly Decider[]>;
}

/** A role that somebody holds in one place, by one binding or more. */
interface Held {
  readonly id: string;
  readonly role: RoleTerms;
  readonly project: string | undefined;
  readonly deciders: Decider[];
}

function principalUid(actor: Actor): TypeAndId {
  if (isInternal(actor)) return uid(TYPES.Controller, actor.name);
  return uid(isServiceAccount(actor.name) ? TYPES.ServiceAccount : TYPES.User, actor.name);
}

export class RealmPolicies {
  readonly #sources: PolicySources;
  readonly #needs: Needs;
  /** Traits that some policy speaks of: operations that do not differ in these are one to every policy. */
  readonly #spokenOf = new Set<string>();
  readonly #signatures = new Map<Operation, string>();
  readonly #byKey = new Map<string, number[]>();
  readonly #slices = new BoundedMap<string, Slice>(PRINCIPALS_MAX);
  readonly #decisions = new BoundedMap<string, Decision>(DECISIONS_MAX);
  #everyRole: ParsedPolicies | undefined;

  constructor(sources: PolicySources) {
    this.#sources = sources;
    this.#needs = needsOf(sources.guardrails);
    for (const { everywhere, inProject } of sources.roles.values()) {
      for (const terms of [...everywhere, ...inProject]) {
        for (const trait of traitsIn(terms)) this.#spokenOf.add(trait);
      }
    }
    for (const text of [
      ...Object.values(BUILT_IN),
      ...sources.guardrails.map(({ spec }) => forbidPolicy(spec)),
    ]) {
      for (const trait of actionTraits(text)) this.#spokenOf.add(trait);
    }
    sources.bindings.forEach(({ spec }, index) => {
      for (const subject of spec.subjects) {
        const who = subjectKey(subject);
        const known = this.#byKey.get(who);
        if (known) {
          if (!known.includes(index)) known.push(index);
        } else this.#byKey.set(who, [index]);
      }
    });
  }

  get sources(): PolicySources {
    return this.#sources;
  }

  decide(actor: Actor, operation: Operation, target: Target, now_ms: number): Decision {
    const remembered = this.#key(actor, operation, target, now_ms);
    const known = this.#decisions.get(remembered);
    if (known !== undefined) return known;
    const decision = this.#ask(actor, operation, target, now_ms);
    this.#decisions.set(remembered, decision);
    return decision;
  }

  /** Names of the roles that would allow an operation to whoever held one of them there. */
  rolesFor(operation: Operation, target: Target): string[] {
    this.#everyRole ??= parsePolicies(this.#everyRoleSet());
    const { policies } = this.#everyRole.ask({
      principal: uid(TYPES.User, 'anybody'),
      action: uid('Action', operation.id),
      resource: resourceUid(operation, target),
      context: {},
      entities: entitiesOf(operation, target),
    });
    const found = new Set(policies.map((id) => id.slice(0, id.lastIndexOf('.'))));
    return [...this.#sources.roles.keys()].filter((name) => found.has(name));
  }

  /** Everything that an answer depends on. */
  #key(actor: Actor, operation: Operation, target: Target, now_ms: number): string {
    const { labels, zones, minute, address, strength } = this.#needs;
    let text = `${principalKey(actor)}\n${this.#signature(operation)}\n${target.project ?? ''}`;
    // What follows only matters to guardrails.
    if (this.#sources.guardrails.length === 0) return text;
    text += `\n${isMany(operation, target)} ${isEverywhere(operation, target)}`;
    if (labels.length > 0) text += JSON.stringify(labels.map((label) => target.labels[label]));
    if (zones.length > 0 || minute) text += ` ${minuteOf(now_ms)}`;
    if (address) text += ` ${actor.address}`;
    if (strength) text += ` ${actor.strength}`;
    return text;
  }

  #signature(operation: Operation): string {
    let known = this.#signatures.get(operation);
    if (known === undefined) {
      known = [...operation.traits.filter((trait) => this.#spokenOf.has(trait)), operation.place].join();
      this.#signatures.set(operation, known);
    }
    return known;
  }

  #ask(actor: Actor, operation: Operation, target: Target, now_ms: number): Decision {
    const slice = this.#sliceOf(actor);
    const needs = this.#needs;
    const moment = uid(TYPES.Moment, 'now');
    const context: Record<string, CedarValueJson> = {};
    const entities = [slice.entity, ...entitiesOf(operation, target, needs.labels)];
    if (this.#sources.guardrails.length > 0) {
      context.many = isMany(operation, target);
      context.everywhere = isEverywhere(operation, target);
      context.minute = minuteOf(now_ms);
      context.moment = { __entity: moment };
      if (actor.address !== undefined) context.address = { __extn: { fn: 'ip', arg: actor.address } };
      if (actor.strength !== undefined) context.strength = actor.strength;
      const tags = Object.fromEntries(needs.zones.map((zone) => [zone, minuteOfWeek(now_ms, zone)]));
      entities.push({ uid: moment, attrs: {}, parents: [], tags });
    }
    const answer = slice.policies.ask({
      principal: slice.principal,
      action: uid('Action', operation.id),
      resource: resourceUid(operation, target),
      context,
      entities,
    });
    // A forbid that could not be evaluated might have applied.
    const deciding = new Set(answer.failed.length > 0 ? answer.failed : answer.policies);
    const by = [...slice.deciders].flatMap(([id, deciders]) => (deciding.has(id) ? deciders : []));
    return { allowed: answer.allowed && answer.failed.length === 0, by: [...new Set(by)] };
  }

  #sliceOf(actor: Actor): Slice {
    const who = principalKey(actor);
    const known = this.#slices.get(who);
    if (known) return known;
    const principal = principalUid(actor);
    const groups = [...new Set(actor.groups)].map((group) => uid(TYPES.Group, group));
    const held = this.#heldBy([principal, ...groups]);
    const slice: Slice = {
      ...this.#compile(held),
      principal,
      entity: {
        uid: principal,
        attrs: {},
        parents: [...groups, ...held.map(({ id }) => uid(TYPES.Holders, id))],
      },
    };
    this.#slices.set(who, slice);
    return slice;
  }

  /** The roles that bindings give to somebody or their groups, each place once, in the order of the bindings. */
  #heldBy(who: readonly TypeAndId[]): readonly Held[] {
    const indexes = [...new Set(who.flatMap((one) => this.#byKey.get(entityKey(one)) ?? []))].sort(
      (a, b) => a - b,
    );
    const held = new Map<string, Held>();
    for (const index of indexes) {
      const binding = this.#sources.bindings[index];
      const role = binding && this.#sources.roles.get(binding.spec.role);
      if (!binding || !role) continue;
      const { project } = binding.spec;
      const id = project === undefined ? role.name : `${role.name} in ${project}`;
      const decider: Decider = { kind: 'RoleBinding', grant: grantOf(binding) };
      const known = held.get(id);
      if (known) known.deciders.push(decider);
      else held.set(id, { id, role, project, deciders: [decider] });
    }
    return [...held.values()];
  }

  /** The policies of whoever holds these. They name nobody, so people who hold the same share them. */
  #compile(held: readonly Held[]): Pick<Slice, 'policies' | 'deciders'> {
    const deciders = new Map<string, readonly Decider[]>();
    const staticPolicies: Record<string, string> = {};
    const templates: Record<string, string> = {};
    const templateLinks: PolicySet['templateLinks'] = [];
    for (const { id, role, project, deciders: by } of held) {
      const terms = project === undefined ? role.everywhere : role.inProject;
      terms.forEach((one, rule) => {
        const templateId = `${role.name}.${project === undefined ? 'everywhere' : 'project'}.${rule}`;
        templates[templateId] = permitTemplate(one);
        const newId = `${id}.${rule}`;
        const resource = project === undefined ? REALM : projectUid(project);
        templateLinks.push({
          templateId,
          newId,
          values: { '?principal': uid(TYPES.Holders, id), '?resource': resource },
        });
        deciders.set(newId, by);
      });
    }
    for (const [rule, text] of Object.entries(BUILT_IN)) {
      staticPolicies[rule] = text;
      deciders.set(rule, [{ kind: 'BuiltIn', rule: rule as keyof typeof BUILT_IN }]);
    }
    this.#sources.guardrails.forEach(({ name, spec }, index) => {
      const id = `guardrail.${index}`;
      staticPolicies[id] = forbidPolicy(spec);
      deciders.set(id, [{ kind: 'Guardrail', name, message: spec.message }]);
    });
    return { policies: parsePolicies({ staticPolicies, templates, templateLinks }), deciders };
  }

  #everyRoleSet(): PolicySet {
    const templates: Record<string, string> = {};
    const templateLinks: PolicySet['templateLinks'] = [];
    for (const { name, everywhere } of this.#sources.roles.values()) {
      everywhere.forEach((terms, rule) => {
        templates[`t.${name}.${rule}`] = permitTemplate(terms);
        templateLinks.push({
          templateId: `t.${name}.${rule}`,
          newId: `${name}.${rule}`,
          values: { '?principal': uid(TYPES.User, 'anybody'), '?resource': REALM },
        });
      });
    }
    return { templates, templateLinks };
  }
}

const subjectKey = (subject: Subject) => entityKey(uid(TYPES[subject.kind], actorName(subject)));

const entityKey = ({ type, id }: TypeAndId) => `${type} ${id}`;

/** Many at once are one thing that has no name. */
const resourceUid = ({ entityType }: Operation, { project, name }: Target) =>
  uid(entityType, `${project ?? ''}/${name ?? ''}`);

function entitiesOf(operation: Operation, target: Target, labels: readonly string[] = []): EntityJson[] {
  const { project } = target;
  const tags = Object.fromEntries(
    labels.flatMap((label) => {
      const value = Object.hasOwn(target.labels, label) ? target.labels[label] : undefined;
      return value === undefined ? [] : [[label, value]];
    }),
  );
  return [
    {
      uid: uid('Action', operation.id),
      attrs: {},
      parents: operation.traits.map((trait) => uid('Action', trait)),
    },
    {
      uid: resourceUid(operation, target),
      attrs: {},
      tags,
      parents: [project === undefined ? REALM : projectUid(project)],
    },
    ...(project === undefined ? [] : [{ uid: projectUid(project), attrs: {}, parents: [REALM] }]),
  ];
}
