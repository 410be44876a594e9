/**
 * What an organization or a region takes in: severities that block, licences, where packages may come from. A policy is data (JSON or YAML), and
 * every refusal names the package, the rule and why. Pure.
 */
import { type Static, Type } from 'typebox';
import { Errors } from 'typebox/schema';
import { oneOf } from '#kernel/kind-parts.ts';
import { expressionOf, holds } from './licence.ts';
import type { Finding } from './match.ts';
import { type InstalledPackage, type Inventory, SEVERITIES } from './model.ts';
import { AdvisoryError, shown } from './problem.ts';

const LIST_MAX = 1_000;
const texts = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: LIST_MAX, description });

export const POLICY = Type.Object(
  {
    severities: Type.Optional(
      Type.Object(
        {
          block: Type.Array(oneOf(SEVERITIES), {
            maxItems: SEVERITIES.length,
            description: 'Open findings of these refuse the package.',
          }),
          undetermined: Type.Optional(
            oneOf(['pass', 'block'], {
              description: 'What becomes of findings nobody is sure of; absent: pass.',
            }),
          ),
          onlyFixed: Type.Optional(
            Type.Boolean({
              description:
                'True: only what has a fix refuses, because nothing else could be imported instead.',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    licences: Type.Optional(
      Type.Object(
        {
          allow: Type.Optional(texts('SPDX identifiers; absent: every licence but the denied ones.')),
          deny: Type.Optional(texts('SPDX identifiers that are refused, allowed or not.')),
          unknown: Type.Optional(
            oneOf(['pass', 'block'], { description: 'A package that names none; absent: pass.' }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    sources: Type.Optional(
      Type.Object(
        {
          allow: texts(
            'Beginnings of package URLs, up to a "/" or "@": pkg:deb/debian, pkg:npm, pkg:npm/%40scope.',
          ),
        },
        { additionalProperties: false },
      ),
    ),
    unidentified: Type.Optional(
      oneOf(['pass', 'block'], { description: 'What cannot be looked up at all; absent: pass.' }),
    ),
  },
  { additionalProperties: false },
);

export type Policy = Static<typeof POLICY>;

export interface Refusal {
  /** Package URL, or the name where there is none. */
  readonly package: string;
  /** The rule's place in the policy: `severities.block`. */
  readonly rule: string;
  /** For people: what was found and what would be right. */
  readonly message: string;
}

/** Parses what came from outside. Throws an AdvisoryError that names the field. */
export function parsePolicy(value: unknown): Policy {
  const [, [first]] = Errors(POLICY, value);
  if (first) {
    const field = first.instancePath.slice(1).replaceAll('/', '.') || 'the policy';
    throw new AdvisoryError(
      'Invalid',
      `policy: ${field} ${first.message}; it is ${shown(at(value, first.instancePath))}`,
    );
  }
  const policy = value as Policy;
  for (const beginning of policy.sources?.allow ?? []) {
    if (!beginning.startsWith('pkg:')) {
      throw new AdvisoryError(
        'Invalid',
        `policy: sources.allow has ${shown(beginning)}; it must begin a package URL, such as pkg:npm`,
      );
    }
  }
  return policy;
}

const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : inner,
      value,
    );

/** Everything in the inventory that the policy refuses, in the order of packages and rules. Empty: it may come in. */
export function judge(policy: Policy, inventory: Inventory, findings: readonly Finding[]): Refusal[] {
  const refusals: Refusal[] = [];
  const byPackage = Map.groupBy(findings, (finding) => finding.package.purl);
  for (const installed of inventory.packages) {
    refusals.push(
      ...judgeSource(policy, installed),
      ...judgeLicence(policy, installed),
      ...judgeFindings(policy, byPackage.get(installed.purl) ?? []),
    );
  }
  if (policy.unidentified === 'block') {
    for (const { name, why } of inventory.unidentified) {
      refusals.push({ package: name, rule: 'unidentified', message: `${name} cannot be looked up: ${why}` });
    }
  }
  return refusals;
}

function judgeFindings({ severities }: Policy, findings: readonly Finding[]): Refusal[] {
  if (!severities) return [];
  return findings.flatMap((finding) => {
    const { id, severity, state, isOpen, fixedIn, package: installed } = finding;
    const counts = state === 'affected' || severities.undetermined === 'block';
    if (!isOpen || !counts || !severities.block.includes(severity)) return [];
    if (severities.onlyFixed === true && fixedIn === undefined) return [];
    const what = state === 'affected' ? `has ${id}` : `may have ${id}, which nobody determined,`;
    const how =
      fixedIn === undefined
        ? 'there is no fix yet; a VEX statement can say that it does not matter here'
        : `take ${fixedIn} or later`;
    const rule = state === 'affected' ? 'severities.block' : 'severities.undetermined';
    return [
      {
        package: installed.purl,
        rule,
        message: `${installed.name} ${installed.version} ${what} of severity ${severity}: ${how}`,
      },
    ];
  });
}

function judgeLicence({ licences }: Policy, { name, version, purl, licence }: InstalledPackage): Refusal[] {
  if (!licences) return [];
  const refuse = (rule: string, why: string): Refusal[] => [
    { package: purl, rule, message: `${name} ${version} ${why}` },
  ];
  if (licence === undefined) {
    return licences.unknown === 'block' ? refuse('licences.unknown', 'names no licence') : [];
  }
  const expression = expressionOf(licence);
  const { allow, deny } = licences;
  if (deny && !holds(expression, (id) => !deny.includes(id))) {
    return refuse('licences.deny', `is under ${shown(licence)}, and every way to take it is denied`);
  }
  if (allow && !holds(expression, (id) => allow.includes(id) && !deny?.includes(id))) {
    return refuse('licences.allow', `is under ${shown(licence)}; allowed are ${allow.join(', ') || 'none'}`);
  }
  return [];
}

function judgeSource({ sources }: Policy, { name, version, purl }: InstalledPackage): Refusal[] {
  if (!sources) return [];
  const isAllowed = sources.allow.some(
    (beginning) => purl === beginning || purl.startsWith(`${beginning}/`) || purl.startsWith(`${beginning}@`),
  );
  if (isAllowed) return [];
  const message = `${name} ${version} is ${purl}; packages may come from ${sources.allow.join(', ') || 'nowhere'}`;
  return [{ package: purl, rule: 'sources.allow', message }];
}
