/** Reads manifests: files, folders or standard input, YAML or JSON, several documents each. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isAlias, LineCounter, parseAllDocuments } from 'yaml';
import { CliError, usageError } from './errors.ts';
import { type AnyObject, isRecord } from './objects.ts';

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

export interface Manifest {
  readonly object: AnyObject;
  /** `web.yaml:12`, for messages. */
  readonly source: string;
}

function checkManifest(value: unknown, source: string): AnyObject {
  const wrong = (what: string) => new CliError(`${source}: ${what}`);
  if (!isRecord(value)) throw wrong('a manifest is an object with apiVersion, kind and metadata');
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') throw wrong('apiVersion: missing');
  if (typeof kind !== 'string' || kind === '') throw wrong('kind: missing');
  if (!isRecord(metadata)) throw wrong('metadata: missing');
  const { name, generateName } = metadata;
  if (typeof name !== 'string' && typeof generateName !== 'string') throw wrong('metadata.name: missing');
  return value as unknown as AnyObject;
}

/** Parses the text of a manifest file; Lists are taken apart. */
export function parseManifests(text: string, file: string): Manifest[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, uniqueKeys: true });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new CliError(`${file}: ${error.message}`);
    // Lists in lists have no business in a manifest, and aliases can blow up a small file into a large object.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return [];
    const start = document.contents && !isAlias(document.contents) ? document.contents.range?.[0] : undefined;
    const source = `${file}:${start === undefined ? 1 : lineCounter.linePos(start).line}`;
    if (
      isRecord(value) &&
      typeof value.kind === 'string' &&
      value.kind.endsWith('List') &&
      Array.isArray(value.items)
    ) {
      return value.items.map((item, index) => ({
        object: checkManifest(item, `${source}: items[${index}]`),
        source,
      }));
    }
    return [{ object: checkManifest(value, source), source }];
  });
}

function filesOf(path: string, recursive: boolean): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return recursive ? filesOf(inside, true) : [];
      return EXTENSIONS.has(extname(entry.name)) ? [inside] : [];
    });
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MANIFEST_BYTES_MAX) throw new CliError('standard input is too long for a manifest');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads what `-f` names; `-` is standard input. */
export async function readManifests(paths: readonly string[], recursive = false): Promise<Manifest[]> {
  if (paths.length === 0) throw usageError('which manifest? Give -f FILE', '-f - reads standard input');
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === '-') {
      manifests.push(...parseManifests(await readStandardInput(), 'standard input'));
      continue;
    }
    try {
      for (const file of filesOf(path, recursive)) {
        if (statSync(file).size > MANIFEST_BYTES_MAX)
          throw new CliError(`${file} is too long for a manifest`);
        manifests.push(...parseManifests(readFileSync(file, 'utf8'), file));
      }
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (manifests.length === 0) throw new CliError(`there is no object in ${paths.join(', ')}`);
  return manifests;
}
