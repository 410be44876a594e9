/** `casemate bundle inspect`. */
import { type Inspected, inspectBundle } from '#gap/bundle/inspect.ts';
import { reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { deltaLines } from './delta-text.ts';
import { mebibytes } from './progress.ts';
import type { OutputOption } from './register.ts';
import { roleLine } from './sign.ts';

export const inspect = reporting(async (path: string, options: OutputOption) => {
  const found = await inspectBundle(path);
  if (options.output === 'json') print(`${JSON.stringify(jsonOf(found), null, 2)}\n`);
  else printLines(linesOf(path, found));
});

const jsonOf = ({ items, digest, deltas, ...rest }: Inspected) => ({
  verified: false,
  ...rest,
  digest: `sha256:${digest}`,
  ...(deltas === undefined
    ? {}
    : { deltas: { ...deltas, sizes: Object.fromEntries(deltas.sizes), absent: [...deltas.absent] } }),
  items: items.map(({ blobs: _, ...item }) => item),
});

function linesOf(path: string, found: Inspected): string[] {
  const { name, version, created, expires, digest, rootVersion, roles, items, deltas } = found;
  const travels = (layer: string): string => {
    if (deltas?.absent.has(layer)) return '  left out';
    const size = deltas?.sizes.get(layer);
    return size === undefined ? '' : `  as ${mebibytes(size)}`;
  };
  return [
    `${path}: NOT verified; what it says of itself:`,
    `  ${name} ${version} of ${created}, until ${expires}`,
    `  digest sha256:${digest}`,
    `  by version ${rootVersion} of its root:`,
    ...roles.map((role) => `  ${roleLine(role)}`),
    ...items.flatMap(({ path: item, size, layers, statements }) => [
      `  ${item}  ${mebibytes(size)}`,
      ...layers.map(
        (layer) =>
          `    ${shown(layer.name)}  ${mebibytes(layer.size)}  ${shown(layer.mediaType)}${travels(layer.digest)}`,
      ),
      `    with ${shown(statements.join(', '))}`,
    ]),
    ...(deltas === undefined ? [] : deltaLines(deltas).map((line) => `  ${line}`)),
    ...(deltas?.needs ?? []).map(({ name, digest: need }) => `  builds on ${shown(name)} (${need})`),
  ];
}

/** Whoever made the bundle chose these words, and nobody has vouched for them: nothing in them may steer a terminal. */
const shown = (text: string): string => text.replace(/\p{C}/gu, '\u{FFFD}');
