/** `casemate ledger show`: the leaves of a log, as the server tells them (`ledger verify` says whether they are true). */
import { stringify } from 'yaml';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { WholeLeaf } from '#kernel/log/personal.ts';
import { readWholeLeaves } from '#trust/ledger/leaves.ts';
import { readText, type TileSource } from '#trust/ledger/source.ts';
import { ownCommand } from '../own-command.ts';
import type { SessionOptions } from '../resources/options.ts';
import { print } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';
import { showLeaf } from './show-leaf.ts';
import { type LedgerName, ledgerSource } from './source.ts';

export interface ShowOptions extends SessionOptions {
  readonly log: LedgerName;
  readonly from?: number;
  readonly index?: number;
  readonly limit: number;
  readonly follow?: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

const LOOK_AGAIN_MS = 1_000;

const HEADER = ['INDEX', 'TIME', 'ACTOR', 'VERB', 'OBJECT', 'VIA'];
// Wide enough that most rows line up with those printed before.
const WIDTHS = [6, 24, 12, 8];

const placeOf = (leaf: { readonly namespace?: string; readonly name?: string; readonly resource: string }) =>
  [
    leaf.resource,
    ...(leaf.namespace === undefined ? [] : [leaf.namespace]),
    ...(leaf.name === undefined ? [] : [leaf.name]),
  ].join('/');

/** A leaf as a row. Pure. */
export function leafRow(leaf: WholeLeaf): string[] {
  const common = [String(leaf.index), leaf.time];
  switch (leaf.type) {
    case 'genesis':
      return [...common, '', 'begin', `log ${leaf.origin}`, ''];
    case 'key':
      return [...common, '', 'key', leaf.vkey, ''];
    case 'checkpoint':
      return [
        ...common,
        '',
        'witness',
        `checkpoint of ${leaf.checkpoint.split('\n', 2).join(' at size ')}`,
        '',
      ];
    case 'change':
      return [...common, leaf.actor ?? '(erased)', leaf.verb, placeOf(leaf), leaf.via];
    case 'access':
      return [
        ...common,
        leaf.actor ?? '(erased)',
        leaf.verb,
        placeOf(leaf),
        `${leaf.decision}${leaf.reason === undefined ? '' : `: ${leaf.reason}`}`,
      ];
    case 'erasure':
      return [
        ...common,
        leaf.actor,
        'erase',
        `${leaf.of ?? 'personal records'} of leaves ${leaf.from} to ${leaf.to}`,
        leaf.reason,
      ];
  }
}

function renderLeaves(leaves: readonly WholeLeaf[], options: ShowOptions, withHeader: boolean): string {
  if (options.output === 'json') return leaves.map((leaf) => `${JSON.stringify(leaf)}\n`).join('');
  if (options.output === 'yaml')
    return leaves.map((leaf) => `---\n${stringify(leaf, { lineWidth: 0 })}`).join('');
  // What others wrote must not steer the terminal.
  const rows = leaves.map((leaf) => leafRow(leaf).map((cell) => cell.replaceAll(/\p{Cc}+/gu, ' ')));
  return alignRows(withHeader ? [HEADER, ...rows] : rows, WIDTHS)
    .map((line) => `${line}\n`)
    .join('');
}

const sizeNow = async (source: TileSource) =>
  readUnverifiedCheckpoint(await readText(source, 'checkpoint')).size;

export const show = inSession(async (session: Session, options: ShowOptions) => {
  if (options.index !== undefined) return showLeaf(session, options, options.index);
  const source = ledgerSource(session.client, options.log);
  let size = await sizeNow(source);
  const from = options.from ?? Math.max(0, size - options.limit);
  const leaves = await Array.fromAsync(readWholeLeaves(source, size, from, from + options.limit));
  print(renderLeaves(leaves, options, true));
  if (!options.follow) {
    const shown = from + leaves.length;
    if (shown < size)
      process.stderr.write(
        `${size - shown} more: ${ownCommand()} ledger show --log ${options.log} --from ${shown}\n`,
      );
    return;
  }
  for (let next = from + leaves.length; ; ) {
    if (next < size) {
      print(renderLeaves(await Array.fromAsync(readWholeLeaves(source, size, next, size)), options, false));
      next = size;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    size = await sizeNow(source);
  }
});
