/**
 * Which operating system this is, from os-release(5). Pure but for the one read.
 */
import { readFileSync } from 'node:fs';

export interface OperatingSystem {
  /** `debian`, `ubuntu`, … */
  readonly id: string;
  /** `bookworm`, `trixie`, …; empty where the system has none. */
  readonly codename: string;
  /** What a person calls it: `Debian GNU/Linux 12 (bookworm)`. */
  readonly prettyName: string;
}

export function parseOsRelease(text: string): OperatingSystem {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match?.[1]) fields.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  const id = fields.get('ID') ?? 'unknown';
  return {
    id,
    codename: fields.get('VERSION_CODENAME') ?? '',
    prettyName: fields.get('PRETTY_NAME') ?? id,
  };
}

export function readOperatingSystem(path = '/etc/os-release'): OperatingSystem {
  try {
    return parseOsRelease(readFileSync(path, 'utf8'));
  } catch (error) {
    return { id: 'unknown', codename: '', prettyName: `an unknown system (${String(error)})` };
  }
}
