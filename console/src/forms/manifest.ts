/** Objects as YAML, and YAML as an object: what the console shows, and what somebody writes. Pure. */
import { parseDocument, stringify } from 'yaml';
import { type Fields, filledIn, isRecord } from './value.ts';

/** Longer texts are no object of the API. */
const TEXT_LENGTH_MAX = 2_000_000;

export interface ManifestOptions {
  readonly apiVersion: string;
  readonly kind: string;
  readonly draft: Fields;
}

/** What a form says, as the object to be sent. */
export function manifestOf({ apiVersion, kind, draft }: ManifestOptions): Fields {
  return { apiVersion, kind, ...(filledIn(draft) as Fields) };
}

export const toYaml = (object: Fields): string =>
  stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });

export type ReadYaml =
  | { readonly object: Fields; readonly problem?: undefined }
  | { readonly object?: undefined; readonly problem: { readonly line: number; readonly message: string } };

/** `line` counts from 1; 0 where it is about the whole. */
export function readYaml(text: string): ReadYaml {
  if (text.length > TEXT_LENGTH_MAX)
    return { problem: { line: 0, message: `${text.length} > ${TEXT_LENGTH_MAX}` } };
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined)
    return { problem: { line: text.slice(0, error.pos[0]).split('\n').length, message: error.message } };
  try {
    const object: unknown = document.toJS();
    return isRecord(object) ? { object } : { problem: { line: 0, message: '' } };
  } catch (unresolved) {
    return { problem: { line: 0, message: String(unresolved) } };
  }
}

export const toYamlValue = (value: unknown): string =>
  value === undefined ? '' : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** Undefined: it is no YAML. */
export function readYamlValue(text: string): { readonly value: unknown } | undefined {
  if (text.trim() === '') return { value: undefined };
  const read = readYaml(`value:\n${text.replace(/^/gm, '  ')}`);
  return read.object === undefined ? undefined : { value: read.object.value };
}

/** A command that applies a manifest as it is, whatever stands in it. */
export function applyCommand(program: 'kubectl' | 'casemate', yaml: string): string {
  const lines = new Set(yaml.split('\n'));
  let end = 'EOF';
  while (lines.has(end)) end += '_';
  return `${program} apply -f - <<'${end}'\n${yaml.replace(/\n?$/, '\n')}${end}`;
}
