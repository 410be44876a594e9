/** For tests only: images for instances, and how they come into an Incus of the test's own. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Incus } from './client.ts';

export interface TestImage {
  /** Folder and file name of the image that `content/debian/build.sh` made. */
  readonly folder: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * The base image, from the folder CASEMATE_TEST_IMAGE_FOLDER names (`./casemate test` sets it), else built into the
 * temporary folder once.
 */
export async function testImage(): Promise<TestImage> {
  const folder = process.env.CASEMATE_TEST_IMAGE_FOLDER ?? join(tmpdir(), 'casemate-base-image');
  mkdirSync(folder, { recursive: true });
  const script = new URL('../../../content/debian/build.sh', import.meta.url).pathname;
  const child = spawn(script, [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
  const manifest = readdirSync(folder).find((name) => name.endsWith('.json'));
  if (manifest === undefined) throw new Error(`no image in ${folder}`);
  const { file, sha256 } = JSON.parse(readFileSync(join(folder, manifest), 'utf8'));
  return { folder, file, sha256 };
}

const METADATA = 'architecture: x86_64\ncreation_date: 1790000000\n';

/**
 * Imports an image of one file, for instances that never start; gives its fingerprint. A whole Debian costs such a test most of its time: btrfs
 * counts what belongs to whom, file by file, at every copy.
 */
export async function importStillImage(incus: Incus): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'still-image-'));
  try {
    mkdirSync(join(folder, 'rootfs/etc'), { recursive: true });
    writeFileSync(join(folder, 'metadata.yaml'), METADATA);
    writeFileSync(join(folder, 'rootfs/etc/hostname'), 'still\n');
    const file = join(folder, 'image.tar');
    execFileSync('tar', ['-C', folder, '-cf', file, 'metadata.yaml', 'rootfs']);
    return await incus.images.import({ file, properties: {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
