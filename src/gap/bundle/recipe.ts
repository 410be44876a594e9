/**
 * The recipe of a bundle: what goes in, in YAML. Everything that a bundle's bytes depend on stands here or in the files that it names; the time too,
 * so that two builds give the same bytes.
 */
import { type Static, Type } from 'typebox';
import { parseDocument } from 'yaml';
import { assertBounded } from '#kernel/schema/bounds.ts';
import { vexProblem } from './attest/vex.ts';
import { BaseItem, targetPathOf } from './content/base-item.ts';
import { contentTypeOf, TYPE_NAMES } from './content/types.ts';
import { messageOf, valueChecker } from './json.ts';
import { DELEGATIONS_MAX, ITEMS_MAX, RECIPE_BYTES_MAX, SIGNERS_MAX, VERSION_MAX } from './limits.ts';
import { BundleError } from './problem.ts';
import {
  BUNDLE_NAME_PATTERN,
  DELEGATED_PATH_PATTERN,
  DELEGATED_ROLE_PATTERN,
  TIME_PATTERN,
} from './tuf/schema.ts';

const Time = Type.String({ pattern: TIME_PATTERN, description: 'a time such as 2026-11-22T00:00:00Z' });

const Recipe = Type.Object(
  {
    name: Type.String({
      pattern: BUNDLE_NAME_PATTERN,
      description:
        'lower-case letters, digits, "." and "-", at most 64: versions count among bundles of one name',
    }),
    version: Type.Integer({
      minimum: 1,
      maximum: VERSION_MAX,
      description: 'a whole number, larger than that of the bundle before',
    }),
    created: Time,
    expires: Time,
    roots: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'the folder with 1.root.json and those after it',
    }),
    delegations: Type.Optional(
      Type.Array(
        Type.Object(
          {
            role: Type.String({
              pattern: DELEGATED_ROLE_PATTERN,
              description: 'a name of lower-case letters, digits and "-"; none of TUF’s own roles',
            }),
            paths: Type.Array(
              Type.String({
                pattern: DELEGATED_PATH_PATTERN,
                description: 'such as advisories/*/* or release/casemate/*',
              }),
              { minItems: 1, maxItems: 64 },
            ),
            signers: Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
              minItems: 1,
              maxItems: SIGNERS_MAX,
              description: 'files of those who sign these items as well, such as alice.pub.json',
            }),
            threshold: Type.Integer({
              minimum: 1,
              maximum: SIGNERS_MAX,
              description: 'how many of them have to',
            }),
          },
          { additionalProperties: false },
        ),
        { maxItems: DELEGATIONS_MAX },
      ),
    ),
    items: Type.Array(BaseItem, {
      minItems: 1,
      maxItems: ITEMS_MAX,
    }),
  },
  { additionalProperties: false },
);

export type RecipeItem = Static<typeof BaseItem> & Readonly<Record<string, unknown>>;
export type Recipe = Omit<Static<typeof Recipe>, 'items'> & { readonly items: readonly RecipeItem[] };

const checkRecipe = valueChecker(Recipe);

/** What the command line may say instead of the recipe: for builds that a timer starts. */
export interface RecipeChanges {
  readonly version?: number;
  readonly created?: string;
  readonly expires?: string;
}

/** Throws BundleError that names the field; `path` names the recipe in it. */
export function parseRecipe(text: string, path: string, changes: RecipeChanges = {}): Recipe {
  if (Buffer.byteLength(text) > RECIPE_BYTES_MAX) {
    throw new BundleError('TooLarge', path, `has more than ${RECIPE_BYTES_MAX} bytes`);
  }
  const recipe = checkRecipe(withChanges(yamlValue(text, path), changes), path) as Recipe;
  if (!(Date.parse(recipe.expires) > Date.parse(recipe.created))) {
    throw new BundleError(
      'Malformed',
      path,
      `expires: ${recipe.expires} should be after created, ${recipe.created}`,
    );
  }
  requireDelegations(recipe, path);
  const paths = new Set<string>();
  for (const [index, item] of recipe.items.entries()) {
    const at = `${path}: items[${index}]`;
    const type = contentTypeOf(item.type);
    if (type === undefined) {
      throw new BundleError(
        'Malformed',
        at,
        `type: "${item.type}" should be one of ${TYPE_NAMES.join(', ')}`,
      );
    }
    type.check(item, at);
    for (const [number, statement] of (item.vex ?? []).entries()) {
      const problem = vexProblem(statement);
      if (problem !== undefined) throw new BundleError('Malformed', at, `vex[${number}]: ${problem}`);
    }
    const target = targetPathOf(item);
    if (paths.has(target)) throw new BundleError('Malformed', at, `there is another ${target}`);
    paths.add(target);
  }
  return recipe;
}

function requireDelegations({ delegations = [] }: Recipe, path: string): void {
  const roles = new Set<string>();
  for (const [index, { role, signers, threshold }] of delegations.entries()) {
    const at = `${path}: delegations[${index}]`;
    if (roles.has(role)) throw new BundleError('Malformed', at, `role: there is another ${role}`);
    roles.add(role);
    if (threshold > signers.length)
      throw new BundleError(
        'Malformed',
        at,
        `threshold: ${threshold} of ${signers.length} signers cannot sign`,
      );
  }
}

function yamlValue(text: string, path: string): unknown {
  const document = parseDocument(text);
  const [first] = document.errors;
  if (first !== undefined) throw new BundleError('Malformed', path, first.message);
  try {
    // Aliases that unfold into ever more are not followed.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    assertBounded(value);
    return value;
  } catch (error) {
    throw new BundleError('Malformed', path, messageOf(error));
  }
}

function withChanges(value: unknown, changes: RecipeChanges): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value, ...changes }
    : value;
}
