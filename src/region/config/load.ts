/**
 * Reads region.yaml, and says which field is wrong and what would be right. Writes the first one.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/schema';
import { parseDocument } from 'yaml';
import { recipientProblem } from '#gap/export/age/keys.ts';
import { defaultConfigText, defaultPool, type InitialSettings } from './default-text.ts';
import { RegionConfig } from './schema.ts';

const CONFIG_BYTES_MAX = 65_536;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[]) {
    super(`${path} is not right:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Parses and checks the text of a region.yaml; `path` only names it in errors. */
export function parseConfig(text: string, path: string): RegionConfig {
  if (text.length > CONFIG_BYTES_MAX) {
    throw new ConfigError(path, [`it has ${text.length} characters; at most ${CONFIG_BYTES_MAX} are read`]);
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new ConfigError(
      path,
      document.errors.map((error) => error.message),
    );
  }
  const value = withDefaults(document.toJS());
  const problems = [...schemaProblems(value), ...crossProblems(value)];
  if (problems.length > 0) throw new ConfigError(path, problems);
  return value as RegionConfig;
}

/** Fields that a region.yaml of an older release does not have yet, or that its author left out. */
function withDefaults(value: unknown): unknown {
  if (!isGroup(value)) return value;
  const defaults: Readonly<Record<string, unknown>> = {
    advertise: [],
    network: { forwardAddresses: [], pools: [defaultPool(String(value.id))], egress: false },
    postgres: { mode: 'embedded' },
    incus: { mode: 'embedded' },
    keys: { seal: 'file', roots: 'software', hsms: [] },
    ledger: { witnessNetworks: [] },
    time: { mode: 'embedded', sources: [], setsClock: false, offset_ms: 128 },
    objects: { backend: { type: 'filesystem' } },
    storage: { size: '30GiB' },
  };
  const filled: Record<string, unknown> = { ...defaults, ...value };
  for (const [field, standard] of Object.entries(defaults)) {
    const given = value[field];
    if (isGroup(standard) && isGroup(given)) filled[field] = { ...standard, ...given };
  }
  return filled;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function schemaProblems(value: unknown): string[] {
  const problems = new Map<string, string>();
  for (const error of Errors(RegionConfig, value)[1]) {
    const field = error.instancePath.slice(1).replaceAll('/', '.');
    if (error.keyword === 'boolean') {
      problems.set(field, `${field}: there is no such field`);
    } else if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) {
        const path = field === '' ? name : `${field}.${name}`;
        problems.set(path, `${path}: is missing; should be ${expectation(path)}`);
      }
    } else if (error.keyword !== 'additionalProperties' && !problems.has(field)) {
      const found = JSON.stringify(fieldOf(value, error.instancePath)) ?? 'nothing';
      problems.set(field, `${field || 'the file'}: ${found} should be ${expectation(field)}`);
    }
  }
  return [...problems.values()];
}

function fieldOf(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

/** What the schema says of a field, for the person who has to correct it. */
function expectation(field: string): string {
  let schema: TSchema = RegionConfig;
  for (const key of field.split('.').filter((part) => part !== '')) {
    const inner = schema as { properties?: Record<string, TSchema>; items?: TSchema };
    const next = inner.properties?.[key] ?? inner.items;
    if (next === undefined) break;
    schema = next;
  }
  const { description, type } = schema as { description?: string; type?: string };
  return description ?? (type === 'object' ? 'a group of fields' : `of type ${type ?? 'unknown'}`);
}

/** Rules over more than one field. */
function crossProblems(value: unknown): string[] {
  const config = value as Partial<RegionConfig> | null;
  const problems: string[] = [];
  const port = Number(/:([0-9]+)$/.exec(typeof config?.listen === 'string' ? config.listen : '')?.[1] ?? 1);
  if (port < 1 || port > 65_535) problems.push(`listen: the port ${port} should be between 1 and 65535`);
  if (config?.postgres?.mode === 'external' && config.postgres.url === undefined) {
    problems.push('postgres.url: is missing; mode: external needs postgresql://user@host/database');
  }
  if (config?.postgres?.mode === 'embedded' && config.postgres.url !== undefined) {
    problems.push('postgres.url: only mode: external uses it; take it out, or change the mode');
  }
  if (config?.incus !== undefined) problems.push(...incusProblems(config.incus));
  if (Array.isArray(config?.time?.sources)) problems.push(...timeProblems(config.time.sources));
  if (config?.keys !== undefined) problems.push(...keysProblems(config.keys));
  if (isGroup(config?.objects?.backend)) problems.push(...objectsProblems(config));
  if (isGroup(config?.backup)) problems.push(...backupProblems(config));
  return problems;
}

function backupProblems({ backup, postgres }: Partial<RegionConfig>): string[] {
  if (postgres?.mode === 'external') {
    return [
      'backup: only a region with its own PostgreSQL archives; take it out, and archive where that server runs',
    ];
  }
  const problem = typeof backup?.recipient === 'string' ? recipientProblem(backup.recipient) : undefined;
  return problem === undefined ? [] : [`backup.recipient: ${problem}`];
}

const OF_S3 = ['endpoint', 'bucket', 'credentialsFile'] as const;

function objectsProblems({ objects, postgres }: Partial<RegionConfig>): string[] {
  const { type, ...given } = objects?.backend ?? { type: 'filesystem' };
  const problems =
    type === 's3'
      ? OF_S3.filter((field) => given[field] === undefined).map(
          (field) => `objects.backend.${field}: is missing; type: s3 needs it`,
        )
      : Object.keys(given).map(
          (field) => `objects.backend.${field}: only type: s3 uses it; take it out, or change the type`,
        );
  if (objects?.database !== undefined && postgres?.mode !== 'external') {
    problems.push('objects.database: only postgres.mode: external uses it; take it out');
  }
  return problems;
}

function keysProblems({ roots, hsms }: RegionConfig['keys']): string[] {
  if (!Array.isArray(hsms)) return [];
  const problems: string[] = [];
  const names = hsms.map(({ name }) => name);
  for (const [index, { name, pinFile, organization }] of hsms.entries()) {
    if (name === 'software' || names.indexOf(name) !== index) {
      problems.push(`keys.hsms.${index}.name: "${name}" is taken; each needs a name of its own`);
    }
    if (pinFile === undefined && organization === undefined) {
      problems.push(`keys.hsms.${index}.pinFile: is missing; an HSM of the region itself needs it`);
    }
  }
  const ofRegion = hsms.filter(({ organization }) => organization === undefined).map(({ name }) => name);
  if (roots !== 'software' && !ofRegion.includes(roots)) {
    problems.push(
      `keys.roots: "${roots}" should be software or the name of an HSM of the region itself (${ofRegion.join(', ') || 'there is none'})`,
    );
  }
  return problems;
}

const OF_URL = ['clientCertificate', 'clientKey', 'serverCertificate'] as const;

function incusProblems(incus: Partial<RegionConfig['incus']>): string[] {
  const given = (['socket', 'url', ...OF_URL] as const).filter((field) => incus[field] !== undefined);
  if (incus.mode !== 'external') {
    return given.map(
      (field) => `incus.${field}: only mode: external uses it; take it out, or change the mode`,
    );
  }
  if (incus.socket !== undefined && incus.url !== undefined) {
    return ['incus.url: there is incus.socket as well; take one of them out'];
  }
  if (incus.url !== undefined) {
    return OF_URL.filter((field) => incus[field] === undefined).map(
      (field) => `incus.${field}: is missing; incus.url needs the path of a PEM file here`,
    );
  }
  if (incus.socket === undefined) {
    return [
      "incus.socket: is missing; mode: external needs the path of Incus' unix.socket, or incus.url for one on another machine",
    ];
  }
  return given
    .filter((field) => field !== 'socket')
    .map((field) => `incus.${field}: only incus.url uses it; take it out`);
}

export async function loadConfig(path: string): Promise<RegionConfig> {
  return parseConfig(await readFile(path, 'utf8'), path);
}

/** Reads the configuration, after writing a commented first one where there is none. */
export async function loadOrCreateConfig(
  path: string,
  initial: Omit<InitialSettings, 'id'>,
): Promise<RegionConfig> {
  if (!existsSync(path)) {
    const text = defaultConfigText({ ...initial, id: `r${randomBytes(4).toString('hex')}` });
    parseConfig(text, path);
    await writeFile(`${path}.new`, text);
    // It may come to hold a database password.
    await chmod(`${path}.new`, 0o600);
    await rename(`${path}.new`, path);
  }
  return loadConfig(path);
}

/** The id of the region that a file describes, also when nothing else in it can be read. */
export async function readRegionId(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  return /^id:\s*"?(r[0-9a-f]{8})"?\s*$/m.exec(await readFile(path, 'utf8'))?.[1];
}

function timeProblems(sources: RegionConfig['time']['sources']): string[] {
  return sources.flatMap((source, at) => {
    const { server, refclock, port, nts } = isGroup(source) ? source : {};
    const field = `time.sources.${at}`;
    if ((server === undefined) === (refclock === undefined))
      return [
        `${field}: should have either server, the address of one, or refclock, a clock on this machine`,
      ];
    if (server !== undefined && isIP(server) === 0)
      return [`${field}.server: "${server}" should be an address such as 203.0.113.123, never a name`];
    if (refclock !== undefined && (port !== undefined || nts !== undefined))
      return [`${field}: port and nts are only for a server`];
    return [];
  });
}
