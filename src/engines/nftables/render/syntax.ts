/**
 * The few forms of nft's language that our tables are made of: sets and maps with their elements, and chains with their rules. Lines of text,
 * of a table at the outermost level.
 */

export function elements(
  kind: 'set' | 'map',
  name: string,
  type: string,
  members: readonly string[],
  flags = '',
): string[] {
  const list = members.length === 0 ? '' : ` elements = { ${members.join(', ')} };`;
  return [`  ${kind} ${name} { type ${type};${flags}${list} }`];
}

export const INTERVAL = ' flags interval;';

export function chain(name: string, rules: readonly string[], hook?: string): string[] {
  const head = hook === undefined ? [] : [`    type ${hook}; policy accept;`];
  return [`  chain ${name} {`, ...head, ...rules.map((rule) => `    ${rule}`), '  }'];
}

/** `{ a, b }`, or `a` alone: a set, anonymous though it is, costs the kernel more than a comparison. */
export const anyOf = (members: readonly string[]): string =>
  members.length === 1 ? `${members[0]}` : `{ ${members.join(', ')} }`;
