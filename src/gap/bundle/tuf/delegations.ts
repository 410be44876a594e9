/**
 * Delegations (TUF 1.0.34, section 4.5), one level deep: parts of a bundle's list that others have to sign as well, such as advisories by those who watch them, or releases
 * by those who make them. Each such part is a list of its own. The list of the whole bundle holds its digest, so that nothing of it escapes those who sign for everything, and
 * the digest that people agree to is still the digest of it all. Pure.
 */
import { BundleError } from '../problem.ts';
import { requireRole, type Signatories } from './check-role.ts';
import { type Signable, signable, signedDigest } from './metadata.ts';
import type { Delegations, RootSigned, SnapshotSigned, TargetsSigned } from './schema.ts';
import { keyIdOf, type PublicSigner } from './signer.ts';

/** A group that has to sign some of the items. */
export interface Delegation {
  readonly role: string;
  /** `<type>/*\/*` or `<type>/<name>/*`. */
  readonly paths: readonly string[];
  readonly signers: readonly PublicSigner[];
  readonly threshold: number;
}

type Targets = TargetsSigned['targets'];
type DelegatedRole = Delegations['roles'][number];

/** A star stands for what has no slash. */
export function isDelegated(paths: readonly string[], path: string): boolean {
  const parts = path.split('/');
  return paths.some((pattern) => {
    const wanted = pattern.split('/');
    return wanted.length === parts.length && wanted.every((part, at) => part === '*' || part === parts[at]);
  });
}

/** Deals the items out, and gives the lists without signatures: the whole bundle's, then one of each delegation. An item goes to the first that its path fits. */
export function delegate(
  whole: Omit<TargetsSigned, 'delegations'>,
  delegations: readonly Delegation[],
): { readonly targets: Signable<TargetsSigned>; readonly delegated: readonly Signable<TargetsSigned>[] } {
  if (delegations.length === 0) return { targets: signable<TargetsSigned>(whole), delegated: [] };
  const own: Targets = {};
  const parts = delegations.map((): Targets => ({}));
  for (const [path, target] of Object.entries(whole.targets)) {
    const list = parts[delegations.findIndex(({ paths }) => isDelegated(paths, path))] ?? own;
    list[path] = target;
  }
  const delegated = parts.map((targets) => signable<TargetsSigned>({ ...whole, targets }));
  const signers = new Map(
    delegations.flatMap(({ signers: some }) => some).map((one) => [keyIdOf(one.classical), one]),
  );
  const ids = [...signers].sort(([a], [b]) => (a < b ? -1 : 1));
  const targets = signable<TargetsSigned>({
    ...whole,
    targets: own,
    delegations: {
      keys: Object.fromEntries(ids.map(([id, { classical }]) => [id, classical])),
      roles: delegations.map(({ role, paths, threshold, signers: some }, at) => {
        const list = delegated[at];
        if (list === undefined) throw new TypeError(`there is no list of ${role}`);
        return {
          name: role,
          keyids: [...new Set(some.map(({ classical }) => keyIdOf(classical)))].sort(),
          threshold,
          paths: [...paths],
          terminating: true,
          'x-casemate-signed-sha256': signedDigest(list),
        };
      }),
      'x-casemate-signers': Object.fromEntries(
        ids.map(([id, { name, postQuantum }]) => [id, { name, key: postQuantum }]),
      ),
    },
  });
  return { targets, delegated };
}

/** Who signs what was delegated; undefined when nothing was. */
export function signatoriesOf(root: RootSigned, targets: TargetsSigned): Signatories | undefined {
  const { delegations } = targets;
  if (delegations === undefined) return undefined;
  return {
    'x-casemate-profile': root['x-casemate-profile'],
    keys: delegations.keys,
    'x-casemate-signers': delegations['x-casemate-signers'],
    roles: Object.fromEntries(delegations.roles.map((role) => [role.name, role])),
  };
}

/** Each list that was delegated with the role that it is of. Throws BundleError when there are not as many as roles. */
export function delegatedRoles(
  targets: TargetsSigned,
  delegated: readonly Signable<TargetsSigned>[],
): { readonly role: DelegatedRole; readonly file: Signable<TargetsSigned> }[] {
  const roles = targets.delegations?.roles ?? [];
  if (roles.length !== delegated.length)
    throw new BundleError(
      'Malformed',
      'metadata',
      `has ${delegated.length} delegated lists, not ${roles.length}`,
    );
  return roles.map((role, at) => {
    const file = delegated[at];
    if (file === undefined) throw new BundleError('Missing', role.name, 'is not in the bundle');
    return { role, file };
  });
}

/** All items, whoever's list they are in. */
export const allTargets = (
  targets: Signable<TargetsSigned>,
  delegated: readonly Signable<TargetsSigned>[],
): Targets => Object.assign({}, ...[targets, ...delegated].map(({ signed }) => signed.targets));

export interface DelegatedLists {
  readonly root: RootSigned;
  readonly snapshot: SnapshotSigned;
  readonly targets: Signable<TargetsSigned>;
  readonly delegated: readonly Signable<TargetsSigned>[];
}

/** Throws BundleError, which names the role, unless each delegated list is the one that was meant, signed by its own signers, and of just what is theirs to list. */
export function requireDelegated({ root, snapshot, targets, delegated }: DelegatedLists): void {
  const pairs = delegatedRoles(targets.signed, delegated);
  const known = new Set(['targets.json', ...pairs.map(({ role }) => `${role.name}.json`)]);
  if (known.size !== pairs.length + 1)
    throw new BundleError('Malformed', 'targets', 'delegates to one role twice');
  for (const name of Object.keys(snapshot.meta)) {
    if (!known.has(name))
      throw new BundleError('Unexpected', 'snapshot', `names ${name}, which nothing calls for`);
  }
  const signatories = signatoriesOf(root, targets.signed);
  if (signatories === undefined) return;
  for (const path of Object.keys(targets.signed.targets)) requirePlace(path, 'targets', pairs, undefined);
  for (const { role, file } of pairs) {
    const { name } = role;
    requireRole(signatories, name, file, name);
    const said = (snapshot.meta as Record<string, SnapshotSigned['meta']['targets.json'] | undefined>)[
      `${name}.json`
    ];
    const digest = signedDigest(file);
    const isMeant =
      role['x-casemate-signed-sha256'] === digest &&
      said?.['x-casemate-signed-sha256'] === digest &&
      said.version === file.signed.version &&
      file.signed.version === targets.signed.version;
    if (!isMeant)
      throw new BundleError('WrongDigest', name, `is not the ${name} that was signed for in this bundle`);
    const [one, other] = [file.signed['x-casemate-bundle'], targets.signed['x-casemate-bundle']];
    if (one.name !== other.name || one.created !== other.created)
      throw new BundleError('Malformed', name, `is about the bundle ${one.name} of ${one.created}`);
    if (file.signed.delegations !== undefined)
      throw new BundleError('Malformed', name, 'delegates further, which is not followed');
    for (const path of Object.keys(file.signed.targets)) requirePlace(path, name, pairs, role);
  }
}

/** An item belongs to the first role whose paths fit it, and to the whole bundle's list when none does. */
function requirePlace(
  path: string,
  part: string,
  pairs: readonly { readonly role: DelegatedRole }[],
  role: DelegatedRole | undefined,
): void {
  const owner = pairs.find((pair) => isDelegated(pair.role.paths, path))?.role;
  if (owner === role) return;
  const whose = owner === undefined ? 'of the whole bundle’s signers' : `of ${owner.name}`;
  throw new BundleError('Untrusted', part, `lists ${path}, which is ${whose} to list`);
}
