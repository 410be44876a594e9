/**
 * The effects of the agent: runs nft on rendered text, writes kernel settings, and asks what is in force. It takes a parsed
 * model only, never text.
 */
import { spawn } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { type FilterModel, modelDigest } from './model.ts';
import { tableName } from './names.ts';
import type { FilterState } from './protocol.ts';
import { renderClear, renderModel } from './render.ts';
import { settingsFor } from './sysctls.ts';

const NFT_TIME_LIMIT_MS = 30_000;
const NFT_OUTPUT_MAX_BYTES = 64 * 1024;
// No configuration of the caller's reaches nft, and it prints in one language.
const NFT_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

export class NftError extends Error {
  override readonly name = 'NftError';
}

interface NftResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs nft on text of our own making, or has it list something. No more than `output_max` of what it says is kept. */
export function nft(
  args: readonly string[],
  input: string,
  output_max: number = NFT_OUTPUT_MAX_BYTES,
): Promise<NftResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', args, {
      env: NFT_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: NFT_TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        if (output[name].length < output_max) output[name] += text;
      });
    }
    child.on('error', (error) => reject(new NftError(`nft could not be run: ${error.message}`)));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, ...output, ...(signal ? { stderr: `nft was ended by ${signal}` } : {}) }),
    );
    // nft may stop reading at an error; its exit code tells.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** All of it, or nothing. Throws NftError. */
export async function transact(text: string): Promise<void> {
  const result = await nft(['-f', '-'], text);
  if (result.code !== 0) throw new NftError(`nft refused the rules: ${result.stderr.slice(0, 2_000).trim()}`);
}

/** Puts the model in force: first the rules, in one transaction, then the settings that let packets flow. Idempotent. */
export async function applyModel(model: FilterModel): Promise<FilterState> {
  const digest = modelDigest(model);
  await transact(renderModel(model, digest));
  return { digest, absentBridges: await putSettings(model) };
}

/** Sets what routing for instances needs. Gives the bridges that are not there yet. Throws NftError. */
export async function putSettings(model: FilterModel): Promise<readonly string[]> {
  const absent = new Set<string>();
  for (const setting of settingsFor(model)) {
    if (setting.bridge !== undefined && absent.has(setting.bridge)) continue;
    try {
      await writeFile(`/proc/sys/${setting.path}`, setting.value);
    } catch (error) {
      if (setting.bridge === undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new NftError(`/proc/sys/${setting.path} could not be set: ${(error as Error).message}`);
      }
      absent.add(setting.bridge);
    }
  }
  return [...absent];
}

/** Removes the region's rules. Settings stay: they are the bridges', and go with them. */
export async function clearModel(region: string): Promise<FilterState> {
  await transact(renderClear(region));
  return { absentBridges: [] };
}

/** What the kernel holds, read from the kernel: both tables must be there and say the same digest. */
export async function stateInForce(region: string, bridges: readonly string[]): Promise<FilterState> {
  const digests = new Set<string | undefined>();
  for (const family of ['inet', 'bridge']) {
    const { code, stdout } = await nft(['-t', 'list', 'table', family, tableName(region)], '');
    digests.add(code === 0 ? /^\tcomment "(sha256:[0-9a-f]{64})"$/m.exec(stdout)?.[1] : undefined);
  }
  const absentBridges: string[] = [];
  for (const bridge of bridges) {
    const exists = await access(`/proc/sys/net/ipv4/conf/${bridge}`).then(
      () => true,
      () => false,
    );
    if (!exists) absentBridges.push(bridge);
  }
  const [digest] = digests;
  return digests.size === 1 && digest !== undefined ? { digest, absentBridges } : { absentBridges };
}
