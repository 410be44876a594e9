/** `casemate bundle keys new`. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePrivateSigner, privateSignerText, publicSignerText } from '#gap/bundle/tuf/key-file.ts';
import { SIGNER_NAME_PATTERN } from '#gap/bundle/tuf/schema.ts';
import { keyIdOf, newSigner, type PrivateSigner } from '#gap/bundle/tuf/signer.ts';
import { writeDurably } from '#trust/files.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, reporting, usageError } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { askPassphrase, newPassphrase } from './passphrase.ts';
import type { KeyOptions, NewKeyOptions } from './register.ts';

export const newKeys = reporting(async ({ signer: name, out, profile, passphraseFile }: NewKeyOptions) => {
  if (!new RegExp(SIGNER_NAME_PATTERN).test(name)) {
    throw usageError(`--signer ${name}: give letters, digits and @._-, at most 64`);
  }
  const [privatePath, publicPath] = [join(out, `${name}.key`), join(out, `${name}.pub.json`)];
  for (const path of [privatePath, publicPath]) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CliError(`${path} is there already; keys are never written over`);
  }
  const signer = newSigner(name, profile);
  const text = await privateSignerText(signer, await newPassphrase(passphraseFile));
  await mkdir(out, { recursive: true });
  await writeDurably(privatePath, text, 0o600);
  await writeDurably(publicPath, publicSignerText(signer.public), 0o644);
  printLines([
    `${privatePath}: private, sealed under the passphrase, for ${name} alone`,
    `${publicPath}: public, for whoever makes the root: ${ownCommand()} bundle root new DIR --signer ${shellWord(publicPath)} …`,
    `  Ed25519 ${keyIdOf(signer.public.classical)}`,
    `  ${signer.public.postQuantum.scheme.toUpperCase()} ${keyIdOf(signer.public.postQuantum)}`,
  ]);
});

/** Opens a signer's private keys. */
export async function openSigner({ key, passphraseFile }: KeyOptions): Promise<PrivateSigner> {
  const bytes = await readFile(key);
  return parsePrivateSigner(bytes, await askPassphrase(`Passphrase of ${key}: `, passphraseFile), key);
}
