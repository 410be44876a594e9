/** What the key service hands to the composition root. */
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { keyConnectors } from './key/actions.ts';
import type { KeyChangesOptions } from './key/changes.ts';
import { keyController } from './key/controller.ts';
import { Key } from './key/key.ts';

export const KEY_KINDS: readonly Kind[] = [Key];

export function keysService(options: KeyChangesOptions): Service {
  return {
    name: 'keys',
    kinds: KEY_KINDS,
    controllers: [keyController(options.backends)],
    connectors: keyConnectors(options),
  };
}
