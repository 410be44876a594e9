/** How objects are printed: `-o json|yaml|table|wide|name`. Pure but for `print`. */
import { stringify } from 'yaml';
import { displayName, type ResourceType } from './discovery.ts';
import type { AnyObject } from './objects.ts';
import type { OutcomeOptions } from './options.ts';

/** Objects without what only the server reads. */
export function withoutManagedFields(object: AnyObject): AnyObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** As YAML that every reader takes the same way (`on` is quoted: YAML 1.1 reads it as true); never folded, no aliases. */
export const toYaml = (value: unknown): string =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

/** Objects in a machine's format: one alone, several as a List. */
export function renderObjects(
  objects: readonly AnyObject[],
  format: 'json' | 'yaml',
  asList: boolean,
): string {
  const shown = objects.map(withoutManagedFields);
  const value = asList ? { apiVersion: 'v1', kind: 'List', metadata: {}, items: shown } : shown[0];
  return format === 'json' ? jsonText(value) : toYaml(value);
}

/** `instance.compute.casemate.internal/web`, which other commands take. */
export const objectName = (type: ResourceType, name: string) => `${displayName(type)}/${name}`;

export function print(text: string): void {
  process.stdout.write(text);
}

/** For `-o json` of what is no resource. */
export const printJson = (value: unknown): void => print(jsonText(value));

export const printLines = (lines: readonly string[]): void =>
  print(lines.map((line) => `${line}\n`).join(''));

/** Says what became of an object: `instance.compute.casemate.internal/web created`, or the object itself. */
export function printOutcome(
  type: ResourceType,
  object: AnyObject,
  outcome: string,
  options: OutcomeOptions,
): void {
  const name = objectName(type, object.metadata.name);
  if (options.output === 'name') printLines([name]);
  else if (options.output !== undefined) print(renderObjects([object], options.output, false));
  else printLines([`${name} ${outcome}${options.dryRun ? ' (dry run)' : ''}`]);
}
