/**
 * A whole region for end-to-end tests, started as a user would: with `casemate up`, in a folder and on a port of its own.
 * With `airGapped` it lives where there is no way out. Needs root.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#kernel/wire/test-port.ts';
import { OBJECTS_ABOVE_API } from '#region/objects/places.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type AirGap, openAirGap } from './air-gap.ts';
import { type CommandOptions, type CommandResult, output, runCommand } from './command.ts';
import { giveCompiledCode, keepCompiledCode, wantsCompiledCode } from './compiled-code.ts';
import { kubectl } from './kubectl.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

export interface TestRegion {
  /** The first operator's. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly data: string;
  /** A folder for the test's own files, gone with the region. */
  readonly scratch: string;
  readonly airGap: AirGap | undefined;
  /** That its data lie on, where they have one of their own. */
  readonly disk: SmallDisk | undefined;
  /** Runs any program where the region is; resolves whatever it answers. */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Standard output of the newest kubectl as the operator; throws with what it said when it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** The same of `casemate`; its commands find the region and the operator's kubeconfig. */
  casemate(...args: readonly string[]): Promise<string>;
  /** `casemate up` again, with what it took. */
  up(...args: readonly string[]): Promise<{ readonly duration_ms: number }>;
  /** Removes the region and the air gap. */
  destroy(): Promise<void>;
}

export interface RegionOptions {
  readonly airGapped?: boolean;
  readonly name?: string;
  /** YAML that stands in region.yaml before the first `casemate up`, besides name, id and listen. */
  readonly settings?: string;
  /** Its data lie on a disk of their own, of this size: `region.disk`. */
  readonly disk_bytes?: number;
}

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

export async function startRegion(options: RegionOptions = {}): Promise<TestRegion> {
  const scratch = mkdtempSync(join(tmpdir(), 'region-'));
  // Instances and the database reach their files through here, as users of their own.
  chmodSync(scratch, 0o711);
  const disk =
    options.disk_bytes === undefined
      ? undefined
      : smallDisk(join(scratch, 'disk.image'), join(scratch, 'disk'), options.disk_bytes);
  // Not the disk itself: a region takes its folder away with itself.
  const data = join(disk?.folder ?? scratch, 'data');
  const cache = join(data, 'cache');
  const airGap = options.airGapped === true ? await openAirGap() : undefined;
  const port = airGap === undefined ? await freePort(OBJECTS_ABOVE_API) : 6443;
  const kubeconfig = join(data, 'operator.kubeconfig');
  const url = `https://127.0.0.1:${port}`;
  const run = (
    command: string,
    args: readonly string[],
    more: CommandOptions = {},
  ): Promise<CommandResult> => {
    // What the command line remembers of ledgers and sign-ins is this region's, and no other's of the same address.
    const own = { KUBECONFIG: kubeconfig, CASEMATE_DATA: data, XDG_STATE_HOME: join(scratch, 'state') };
    const env = { ...own, ...more.env };
    const place = airGap ?? { run: runCommand };
    return place.run(command, args, { ...more, env });
  };
  const up = async (...args: readonly string[]) => {
    const started = performance.now();
    await output(run(CASEMATE, ['up', '--data', data, ...args]), 'casemate up');
    return { duration_ms: performance.now() - started };
  };
  const destroy = async () => {
    if (wantsCompiledCode(cache)) {
      await run(CASEMATE, ['down', '--data', data]);
      keepCompiledCode(cache);
    }
    await output(run(CASEMATE, ['destroy', '--data', data, '--yes']), 'casemate destroy');
    await airGap?.close();
    disk?.unmount();
    rmSync(scratch, { recursive: true, force: true });
  };
  if (options.settings !== undefined) {
    const id = `r${randomBytes(4).toString('hex')}`;
    mkdirSync(data, { mode: 0o711 });
    giveCompiledCode(cache);
    const own = `name: ${options.name ?? 'testing'}\nid: ${id}\nlisten: 127.0.0.1:${port}\n`;
    writeFileSync(join(data, 'region.yaml'), `${own}${options.settings}\n`, { mode: 0o600 });
  }
  try {
    await up('--listen', `127.0.0.1:${port}`, '--name', options.name ?? 'testing', '--timings');
  } catch (error) {
    await destroy();
    throw error;
  }
  return {
    kubeconfig,
    url,
    data,
    scratch,
    airGap,
    disk,
    run,
    kubectl: (...args) => output(run(kubectl().path, args), `kubectl ${args.join(' ')}`),
    casemate: (...args) => output(run(CASEMATE, args), `casemate ${args.join(' ')}`),
    up,
    destroy,
  };
}
