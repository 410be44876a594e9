/** `casemate bundle sign` and `casemate bundle attach`. */
import { readFile } from 'node:fs/promises';
import { readHead } from '#gap/bundle/contents.ts';
import { rewriteMetadata } from '#gap/bundle/rewrite.ts';
import { type SignedRole, signedRoles, signMetadata, withFiles } from '#gap/bundle/sign.ts';
import { detachedSignatures, withSignatures } from '#gap/bundle/signatures.ts';
import { openBundle } from '#gap/bundle/source.ts';
import type { BundleMetadata } from '#gap/bundle/tuf/client.ts';
import { signedDigest } from '#gap/bundle/tuf/metadata.ts';
import { writeDurably } from '#trust/files.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { reporting } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { openSigner } from './keys.ts';
import type { SignOptions } from './register.ts';

export const sign = reporting(async (path: string, options: SignOptions) => {
  const metadata = await readMetadata(path);
  // Before a passphrase is asked for: whoever signs should know what.
  printLines([identityLine(path, metadata)]);
  const signer = await openSigner(options);
  if (options.detached === undefined) {
    printLines(roleLines(await rewriteMetadata(path, (now) => signMetadata(now, signer))));
    return;
  }
  const none = withFiles(metadata, (_, file) => ({ ...file, signatures: [] }));
  const signed = signMetadata(none, signer);
  await writeDurably(options.detached, detachedSignatures(signed).toString('utf8'), 0o644);
  printLines([
    `${options.detached}: the signatures of ${signer.public.name}; to put them into the bundle: ${ownCommand()} bundle attach BUNDLE ${shellWord(options.detached)}`,
  ]);
});

export const attach = reporting(async (path: string, files: readonly string[]) => {
  const signatures = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
  const metadata = await rewriteMetadata(path, (now) =>
    signatures.reduce((before, { file, bytes }) => withSignatures(before, bytes, file), now),
  );
  printLines([identityLine(path, metadata), ...roleLines(metadata)]);
});

async function readMetadata(path: string): Promise<BundleMetadata> {
  const source = await openBundle(path);
  try {
    return (await readHead(source)).metadata;
  } finally {
    await source.close();
  }
}

function identityLine(path: string, { targets }: BundleMetadata): string {
  const { name, created } = targets.signed['x-casemate-bundle'];
  return `${path}: ${name} ${targets.signed.version} of ${created}, digest sha256:${signedDigest(targets)}`;
}

const roleLines = (metadata: BundleMetadata): string[] => signedRoles(metadata).map(roleLine);

/** `  targets: 1 of 2: alice` */
export const roleLine = ({ role, threshold, signed }: SignedRole): string =>
  `  ${role}: ${signed.length} of ${threshold}${signed.length === 0 ? '' : `: ${signed.join(', ')}`}`;
