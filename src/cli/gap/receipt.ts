/** `casemate gap receipt`: the proof, for whoever answers for security, that two people let this very bundle in. */
import { writeFile } from 'node:fs/promises';
import type { ImportStatus } from '#gap/import/import-kind.ts';
import { leafBody, proveObject } from '../ledger/receipts.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { print, printJson, printLines } from '../resources/output.ts';
import { getObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { gapType } from './objects.ts';

interface ReceiptOptions extends SessionOptions {
  readonly out?: string;
  readonly output: 'text' | 'json';
}

export const receipt = inSession(async (session: Session, options: ReceiptOptions, name: string) => {
  const type = await gapType(session, 'BundleImport');
  const found = await getObject(session.client, type, undefined, name);
  const { phase } = (found.status ?? {}) as Partial<ImportStatus>;
  if (phase !== 'Published') {
    throw new CliError(`${name} is ${phase}: only what was published has a receipt`, {
      hint: `${ownCommand()} gap show ${name}`,
    });
  }
  const proof = await proveObject(session, found.metadata);
  if (options.out !== undefined) {
    const body = `${options.out}.body.json`;
    await writeFile(options.out, proof);
    await writeFile(body, await leafBody(session, Number(found.metadata.resourceVersion)));
    const [file, object] = [shellWord(options.out), shellWord(body)];
    printLines([
      `${options.out} proves that ${name} was published. Anybody checks it, without this region:`,
      `  ${ownCommand()} ledger key > region.vkey        # once, by a way that you trust`,
      `  ${ownCommand()} ledger check-receipt ${file} --key region.vkey`,
      `  sha256sum ${object}        # is the digest in it: what was published, who signed, who asked`,
    ]);
    return;
  }
  if (options.output === 'json') printJson({ import: found, receipt: proof });
  else print(proof);
});
