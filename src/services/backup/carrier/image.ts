/**
 * The image that carriers are made of: this machine's own tar and what it takes, and nothing else. No init, no shell of anybody's, no network tools. It is
 * made of the host's packages, so that it is there in every region, and as well patched as the host.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { NO_CATALOGUE } from '#services/compute/image-controller.ts';
import { LABELS } from '#services/compute/names.ts';

const run = promisify(execFile);

const PROGRAMS = ['tar', 'find', 'sleep', 'truncate', 'sync'].map((name) => `/usr/bin/${name}`);
const FOLDERS = ['dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'mnt', 'sbin', 'bin'];
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
/** Of a list of libraries, or what tar says. */
const OUTPUT_BYTES_MAX = 65_536;

/** Imports it unless it is there; gives its fingerprint. Those of other versions go. */
export async function importCarrierImage(incus: Incus, regionId: string): Promise<string> {
  const stage = await mkdtemp(join(tmpdir(), 'casemate-carrier-'));
  try {
    const file = await build(stage);
    const properties = { [LABELS.region]: regionId, [NO_CATALOGUE]: 'carrier' };
    const fingerprint = await incus.images.import({ file, properties });
    for (const other of await incus.images.list()) {
      const ours = other.properties[LABELS.region] === regionId && NO_CATALOGUE in other.properties;
      if (ours && other.fingerprint !== fingerprint) await removeImage(incus, other.fingerprint);
    }
    return fingerprint;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function removeImage(incus: Incus, fingerprint: string): Promise<void> {
  try {
    await incus.images.delete(fingerprint);
  } catch (error) {
    if (!isIncusError(error, 'NotFound', 'InUse')) throw error;
  }
}

/** The same bytes for the same programs, so that it is imported once. */
async function build(stage: string): Promise<string> {
  const root = join(stage, 'rootfs');
  for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
  for (const file of [...PROGRAMS, ...(await librariesOf(PROGRAMS))]) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await copyFile(file, join(root, file));
  }
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  await writeFile(
    join(stage, 'metadata.yaml'),
    `architecture: ${architecture}\ncreation_date: 1\nproperties: {description: carrier}\n`,
  );
  const image = join(stage, 'image.tar');
  const same = ['--sort=name', '--mtime=@1', '--owner=0', '--group=0', '--numeric-owner'];
  await run('/usr/bin/tar', ['-cf', image, ...same, '-C', stage, 'metadata.yaml', 'rootfs'], {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return image;
}

/** Each by the path that it is looked for under, the loader among them. */
async function librariesOf(programs: readonly string[]): Promise<ReadonlySet<string>> {
  const { stdout } = await run('/usr/bin/ldd', [...programs], { maxBuffer: OUTPUT_BYTES_MAX });
  const found = new Set<string>();
  for (const line of stdout.split('\n')) {
    const path = /^\s.*?(\/\S+) \(0x/.exec(line)?.[1];
    if (path !== undefined) found.add(path);
  }
  return found;
}
