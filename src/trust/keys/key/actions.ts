/** Every action of a Key, and the report on its uses, for the wire. */
import type { ActionConnector, Connector } from '#kernel/connect.ts';
import { type KeyChangesOptions, keyChanges } from './changes.ts';
import { Key, type KeyObject } from './key.ts';
import type { KeyAction } from './schemas.ts';
import { type UsageLogs, usageConnector } from './usage.ts';
import { type Act, keyUses } from './uses.ts';

export interface KeyConnectorsOptions extends KeyChangesOptions {
  /** Not to be called before the realms are open. */
  readonly logs: () => UsageLogs;
}

export function keyConnectors({
  logs,
  ...options
}: KeyConnectorsOptions): Readonly<Record<string, Connector>> {
  const acts: Record<KeyAction, Act> = { ...keyUses(options.backends), ...keyChanges(options) };
  return {
    ...Object.fromEntries(
      Object.entries(acts).map(([name, act]): [string, ActionConnector] => [
        `${Key.resource}/${name}`,
        // The kind's schema was checked when the object was written.
        { type: 'action', call: (request) => act(request.object as KeyObject, request) },
      ]),
    ),
    [`${Key.resource}/usage`]: usageConnector(logs),
  };
}
