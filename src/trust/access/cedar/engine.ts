/**
 * Cedar, as a library in WebAssembly: keeps parsed policy sets and asks them. Loaded at the first question, because it takes some
 * 20 MB that an idle region does without. Knows nothing of realms, roles or kinds.
 */
import { createRequire } from 'node:module';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { EntityJson, PolicySet, SchemaJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';

export type {
  CedarValueJson,
  EntityJson,
  PolicySet,
  SchemaJson,
  TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs';

/** Policy sets that stay parsed; a set is a few policies, some KiB. The library never forgets a name, so names are used again. */
const PARSED_MAX = 512;

let loaded: typeof Cedar | undefined;

function cedar(): typeof Cedar {
  loaded ??= createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;
  return loaded;
}

export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: Readonly<Record<string, Cedar.CedarValueJson>>;
  /** Only what the request is about. */
  readonly entities: readonly EntityJson[];
}

export interface CedarAnswer {
  readonly allowed: boolean;
  /** Ids of the policies that decided: permits of an allow, forbids of a denial; none where nothing permits. */
  readonly policies: readonly string[];
  /** Ids of policies that could not be evaluated. A forbid among them might have applied. */
  readonly failed: readonly string[];
}

const describe = (errors: readonly Cedar.DetailedError[]) => errors.map(({ message }) => message).join('; ');

/** Names of parsed sets by their text, the least recently used first. */
const names = new Map<string, string>();

/** Gives the name under which a set is parsed. Throws on one that Cedar cannot read: a fault of ours. */
function parsedName(text: string, set: () => PolicySet): string {
  const known = names.get(text);
  if (known !== undefined) {
    names.delete(text);
    names.set(text, known);
    return known;
  }
  let name = `set-${names.size}`;
  if (names.size >= PARSED_MAX) {
    const [oldest] = names;
    if (oldest) {
      names.delete(oldest[0]);
      name = oldest[1];
    }
  }
  const answer = cedar().preparsePolicySet(name, set());
  if (answer.type === 'failure')
    throw new TypeError(`Cedar cannot read our policies: ${describe(answer.errors)}`);
  names.set(text, name);
  return name;
}

/** A set of policies, kept parsed while it is used. */
export interface ParsedPolicies {
  ask(request: CedarRequest): CedarAnswer;
}

export function parsePolicies(set: PolicySet): ParsedPolicies {
  const text = JSON.stringify(set);
  return {
    ask({ principal, action, resource, context, entities }) {
      const answer = cedar().statefulIsAuthorized({
        principal,
        action,
        resource,
        context,
        entities: entities as EntityJson[],
        preparsedPolicySetId: parsedName(text, () => set),
      });
      if (answer.type === 'failure') throw new TypeError(`Cedar cannot answer: ${describe(answer.errors)}`);
      const { decision, diagnostics } = answer.response;
      return {
        allowed: decision === 'allow',
        policies: diagnostics.reason,
        failed: diagnostics.errors.map(({ policyId }) => policyId),
      };
    },
  };
}

/** What is wrong with policies, judged against a schema; empty when nothing is. */
export function validatePolicies(schema: SchemaJson<string>, policies: PolicySet): string[] {
  const answer = cedar().validate({ schema, policies });
  if (answer.type === 'failure') return answer.errors.map(({ message }) => message);
  return answer.validationErrors.map(({ error }) => error.message);
}
