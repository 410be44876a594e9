/** What the key service hands to the composition root. */
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { type KeyConnectorsOptions, keyConnectors } from './key/actions.ts';
import { keyController } from './key/controller.ts';
import { Key } from './key/key.ts';
import { keyProviderController, openProviderAction, type ProvidersOptions } from './provider/controller.ts';
import { KeyProvider } from './provider/key-provider.ts';

export const KEY_KINDS: readonly Kind[] = [Key, KeyProvider];

export interface KeysServiceOptions extends KeyConnectorsOptions {
  readonly providers: ProvidersOptions;
}

export function keysService({ providers, ...options }: KeysServiceOptions): Service {
  return {
    name: 'keys',
    kinds: KEY_KINDS,
    controllers: [keyController(options.backends), keyProviderController(providers)],
    connectors: {
      ...keyConnectors(options),
      [`${KeyProvider.resource}/open`]: openProviderAction(providers),
    },
  };
}
