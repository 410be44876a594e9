/** `casemate export key`, `verify` and `open`: what the recipient does, where no region is. */
import { hash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { newIdentity, parseIdentity } from '#gap/export/age/keys.ts';
import { openPackage, type VerifiedPackage, verifyPackage } from '#gap/export/open.ts';
import type { ExportStatus } from '#gap/export/request-kind.ts';
import { bodyJson } from '#kernel/log/body.ts';
import { checkReceipt } from '#trust/ledger/receipt.ts';
import { givenKey } from '../ledger/key.ts';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';

export const newKey = reporting(async ({ out }: { readonly out: string }) => {
  const { identity, recipient } = newIdentity();
  try {
    writeFileSync(out, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw usageError(`${out} is there already`);
    throw error;
  }
  printLines([
    `${out} opens what is exported to you: keep it to yourself. The other side needs the public key:`,
    `  ${recipient}`,
  ]);
});

interface OutputOption {
  readonly output: 'text' | 'json';
}

interface VerifyOptions {
  readonly manifest: string;
  readonly key: string;
  readonly receipt?: string;
}

const read = (file: string): Buffer => {
  if (!existsSync(file)) throw new CliError(`${file} is not there`, { exitCode: EXIT.notFound });
  return readFileSync(file);
};

/** What anybody else's program would say, in the words of ours. */
const refused = (error: unknown): never => {
  throw error instanceof CliError
    ? error
    : new CliError(error instanceof Error ? error.message : String(error));
};

async function checked(file: string, { manifest, key }: VerifyOptions): Promise<VerifiedPackage> {
  read(file);
  return verifyPackage(file, read(manifest).toString('utf8'), givenKey(key).split(' ')).catch(refused);
}

export const verify = reporting(async (file: string, options: VerifyOptions & OutputOption) => {
  const { statement, signers } = await checked(file, options);
  const { from, request, to, label, releasedAt } = statement.predicate;
  const agreed = options.receipt !== undefined;
  if (options.receipt !== undefined) checkAgainst(options.receipt, options, statement);
  if (options.output === 'json') return printJson({ verified: true, signers, agreed, statement });
  printLines([
    `${file} is what was released: export ${request.name} of ${from}, on ${releasedAt}`,
    `  ${label}, for ${to.name} (${to.key})`,
    ...signers.map((signer) => `  signed by ${signer}`),
    ...(!agreed ? [] : [`  and the ledger of ${from} holds that people agreed to it`]),
  ]);
});

/** The receipt proves a leaf; the body beside it is what that leaf has the digest of, and says which package. */
function checkAgainst(
  file: string,
  { key, manifest }: VerifyOptions,
  { subject }: VerifiedPackage['statement'],
): void {
  let digest: string | undefined;
  try {
    const { leaf } = checkReceipt(read(file).toString('utf8'), givenKey(key));
    digest = leaf.type === 'change' ? leaf.digest : undefined;
  } catch (error) {
    throw new CliError(
      `${file} does NOT prove anything: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const body = read(`${file}.body.json`);
  if (digest !== `sha256:${hash('sha256', body)}`)
    throw new CliError(`${file}.body.json is not what the receipt is about`);
  const { status } = JSON.parse(Buffer.from(bodyJson(body)).toString('utf8')) as { status?: ExportStatus };
  const [made] = subject;
  if (
    status?.phase !== 'Released' ||
    status.package?.sha256 !== made?.digest.sha256 ||
    status?.package?.manifest !== hash('sha256', read(manifest))
  ) {
    throw new CliError(`${file} is about another package`);
  }
}

interface OpenOptions extends Partial<VerifyOptions>, OutputOption {
  readonly identity: string;
  readonly out: string;
}

export const openExport = reporting(async (file: string, options: OpenOptions) => {
  const { identity, out, manifest, key } = options;
  if ((manifest === undefined) !== (key === undefined)) throw usageError('--manifest and --key go together');
  if (existsSync(out)) throw usageError(`${out} is there already: give a new folder`);
  const verified =
    manifest === undefined || key === undefined ? undefined : await checked(file, { manifest, key });
  read(identity);
  const secret = parsed(identity);
  const source = createReadStream(file) as AsyncIterable<Buffer>;
  const found = await openPackage(source, secret, out, verified).catch(refused);
  if (options.output === 'json') return printJson({ verified: verified !== undefined, ...found });
  printLines([
    `${out} holds ${found.files.length} ${found.files.length === 1 ? 'file' : 'files'} of export ${found.request.name} of ${found.from}: ${found.reason}`,
    ...found.files.map(({ path, size }) => `  ${path} (${size} bytes)`),
    verified === undefined
      ? '  each as the package says; who made the package was not looked at: give --manifest and --key'
      : `  each as ${found.from} signed for it`,
  ]);
});

function parsed(identity: string) {
  try {
    return parseIdentity(readFileSync(identity, 'utf8'));
  } catch (error) {
    if (error instanceof RangeError)
      throw new CliError(`${identity}: ${error.message}`, { exitCode: EXIT.usage });
    throw error;
  }
}
