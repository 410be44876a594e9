/** What exports hand to the composition root. */
import type { Clock } from '#kernel/clock.ts';
import type { RealmKeyring } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { askedAt } from '../confined/start.ts';
import { processInspector } from './check/process-inspector.ts';
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
  /** Where a process that looks into what is to leave is asked for. */
  readonly inspectorSocket: string;
  readonly clock: Clock;
}

export function exportService({
  folder,
  keyring,
  realms,
  inspectorSocket,
  clock,
}: ExportServiceOptions): Service {
  const store = new ExportStore(exportFolders(folder), keyring);
  return {
    name: 'exports',
    kinds: EXPORT_KINDS,
    admissions: [askForOneself],
    controllers: [
      exportController({ store, keyring, inspector: processInspector(askedAt(inspectorSocket), clock) }),
    ],
    connectors: exportConnectors({ store, realms, clock }),
  };
}
