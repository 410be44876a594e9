/** Which other kind a field names an object of, as its description says it ("Name of a Network of the project."). Pure. */

/** In the words that descriptions use: `Name of an Image`, `The Secret of the project`, `A Bucket of the organization`. */
const NAMED = [
  /\b[Nn]ames? of (?:an? |the )?([A-Z][A-Za-z]+)/,
  /^(?:An?|The|From which|To which) ([A-Z][A-Za-z]+)\b/,
] as const;

/** Fields that say the same of themselves in every kind, though their description has other words. */
const BY_FIELD: Readonly<Record<string, string>> = {
  serviceAccount: 'ServiceAccount',
  secretName: 'Secret',
  project: 'Namespace',
  projects: 'Namespace',
  instance: 'Instance',
};

/** The kind's name, of those there are; undefined: the field names none. */
export function referredKind(
  { name, description }: { readonly name: string; readonly description: string },
  kinds: ReadonlySet<string>,
): string | undefined {
  for (const words of NAMED) {
    // A plural is of the same kind: "Names of Users".
    const kind = words.exec(description)?.[1] ?? '';
    const known = [kind, kind.replace(/s$/, '')].find((one) => kinds.has(one));
    if (known !== undefined) return known;
  }
  const kind = Object.hasOwn(BY_FIELD, name) ? BY_FIELD[name] : undefined;
  return kind !== undefined && kinds.has(kind) ? kind : undefined;
}
