/** `casemate ledger show --index`: one leaf, with the object that it recorded, as far as that is kept and the reader may get it. */
import { stringify } from 'yaml';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { ChangeLeaf } from '#kernel/log/leaf.ts';
import type { WholeLeaf } from '#kernel/log/personal.ts';
import { openBody } from '#trust/ledger/bodies.ts';
import { readWholeLeaves } from '#trust/ledger/leaves.ts';
import { readText } from '#trust/ledger/source.ts';
import { ApiError, CliError, EXIT } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import type { Session } from '../resources/session.ts';
import { leafBody, leafLines } from './receipts.ts';
import type { ShowOptions } from './show.ts';
import { ledgerSource } from './source.ts';

/** The object, or why it is not shown. */
type Body = { readonly body: Readonly<Record<string, unknown>> } | { readonly noBody: string };

/** What the server says where it gives no body: that is an answer to show, not a failure. */
const CODES_OF_NO_BODY: ReadonlySet<number> = new Set([403, 404, 410]);

async function bodyOf(session: Session, leaf: ChangeLeaf): Promise<Body> {
  try {
    return { body: openBody(leaf, await leafBody(session, leaf.index)) };
  } catch (error) {
    if (error instanceof ApiError && CODES_OF_NO_BODY.has(error.code)) return { noBody: error.message };
    throw error;
  }
}

function lines(leaf: WholeLeaf, body: Body | undefined): string[] {
  if (body === undefined) return leafLines(leaf);
  if ('noBody' in body) return [...leafLines(leaf), `  body  ${body.noBody}`];
  const text = stringify(body.body, { lineWidth: 0 }).trimEnd();
  return [...leafLines(leaf), '  body', ...text.split('\n').map((line) => `    ${line}`)];
}

export async function showLeaf(session: Session, options: ShowOptions, index: number): Promise<void> {
  const source = ledgerSource(session.client, options.log);
  const { size } = readUnverifiedCheckpoint(await readText(source, 'checkpoint'));
  const [leaf] = await Array.fromAsync(readWholeLeaves(source, size, index, index + 1));
  if (leaf === undefined) {
    throw new CliError(`the ${options.log} log has leaves 0 to ${size - 1}, not ${index}`, {
      exitCode: EXIT.notFound,
    });
  }
  const body = leaf.type === 'change' ? await bodyOf(session, leaf) : undefined;
  if (options.output === 'json') return print(`${JSON.stringify({ ...leaf, ...body })}\n`);
  if (options.output === 'yaml') return print(stringify({ ...leaf, ...body }, { lineWidth: 0 }));
  printLines(lines(leaf, body));
}
