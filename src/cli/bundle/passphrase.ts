/** Passphrases of signing keys: from the terminal, a file or standard input; never from an argument. */
import { readFile } from 'node:fs/promises';
import { isTerminal, readSecret } from '../keys/secret-input.ts';
import { CliError } from '../resources/errors.ts';

async function fromFile(path: string): Promise<Buffer> {
  return Buffer.from((await readFile(path, 'utf8')).replace(/\r?\n$/, ''), 'utf8');
}

export async function askPassphrase(question: string, file: string | undefined): Promise<Buffer> {
  return file === undefined ? Buffer.from(await readSecret(question), 'utf8') : fromFile(file);
}

/** Asks twice where somebody types. */
export async function newPassphrase(file: string | undefined): Promise<Buffer> {
  const first = await askPassphrase(
    'Passphrase for the new keys (16 characters at least; six random words, say): ',
    file,
  );
  if (file === undefined && isTerminal() && (await readSecret('Once more: ')) !== first.toString('utf8')) {
    throw new CliError('the two were not the same; nothing was made');
  }
  return first;
}
