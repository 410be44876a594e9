/** What exports hand to the composition root. */
import type { Clock } from '#kernel/clock.ts';
import type { RealmKeyring } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { threadInspector } from './check/thread-inspector.ts';
import { exportConnectors } from './connectors.ts';
import { exportController } from './controller.ts';
import { exportFolders } from './folders.ts';
import { ExportPolicy } from './policy-kind.ts';
import { ExportRequest } from './request-kind.ts';
import { askForOneself } from './reviews.ts';
import { ExportStore } from './store.ts';

export const EXPORT_KINDS: readonly Kind[] = [ExportRequest, ExportPolicy];

export interface ExportServiceOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  /** Not to be called before all services are made. */
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Clock;
}

export function exportService({ folder, keyring, realms, clock }: ExportServiceOptions): Service {
  const store = new ExportStore(exportFolders(folder), keyring);
  return {
    name: 'exports',
    kinds: EXPORT_KINDS,
    admissions: [askForOneself],
    controllers: [exportController({ store, keyring, inspector: threadInspector })],
    connectors: exportConnectors({ store, realms, clock }),
  };
}
