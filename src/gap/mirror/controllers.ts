/** Keeps the mirror as published content is, and has it served at the gateway of each network, in the process that leads. */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import { BundleError } from '../bundle/problem.ts';
import { BundleImport } from '../import/import-kind.ts';
import type { Tree } from './tree.ts';

/** Somebody has to see to the disk. */
const DAMAGED_LOOK_AGAIN_MS = 10 * 60_000;

/** What the controllers do to the mirror. */
export interface MirrorEngine {
  /** Makes what is served what was published. */
  build(): Promise<Tree>;
  renewed(isAny: boolean): void | Promise<void>;
  want(network: string, address: string | undefined): void | Promise<void>;
  /** Ends what serves; nothing of the mirror is wanted any more. */
  close(): void;
}

/** `make`: called once by whoever leads. */
export function mirrorControllers(make: () => MirrorEngine, networkKind: Kind, logger: Logger): Controller[] {
  let engine: MirrorEngine | undefined;
  const engineOf = (signal: AbortSignal): MirrorEngine => {
    if (engine !== undefined) return engine;
    const made = make();
    engine = made;
    signal.addEventListener('abort', () => made.close(), { once: true });
    return made;
  };
  let noted = '';
  const build = async ({ signal }: ReconcileContext): Promise<RetryAfter | undefined> => {
    const mirror = engineOf(signal);
    try {
      const { files, notes } = await mirror.build();
      await mirror.renewed(Object.keys(files).length > 0);
      if (notes.join() !== noted) for (const note of notes) logger.warn({ mirror: true }, note);
      noted = notes.join();
      return undefined;
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      logger.error({ part: error.part }, `the package mirror stays as it was: ${error.message}`);
      return { retryAfter_ms: DAMAGED_LOOK_AGAIN_MS };
    }
  };
  return [
    {
      name: 'mirror-content',
      realms: ['region'],
      kind: BundleImport,
      // One at a time: all of them make the same.
      concurrency: 1,
      async reconcile({ name }, context) {
        const { phase } = context.realm.view.get(BundleImport, { name })?.status ?? {};
        const isOther = phase === undefined || phase === 'Published' || phase === 'Retired';
        return isOther ? build(context) : undefined;
      },
      // What was published stays when its import is deleted.
      sweep: async (context) => void (await build(context)),
    },
    {
      name: 'mirror-gateway',
      realms: ['organization'],
      kind: networkKind,
      async reconcile(key, { realm, signal }) {
        if (signal.aborted) return undefined;
        const address = gatewayOf(realm.view.get(networkKind, key));
        await engineOf(signal).want(`${realm.id} ${key.namespace}/${key.name}`, address);
        return undefined;
      },
    },
  ];
}

/** Of a network that has its bridge. */
function gatewayOf(network: KubeObject | undefined): string | undefined {
  const { gateway, bridge } = (network?.status ?? {}) as {
    readonly gateway?: string;
    readonly bridge?: string;
  };
  return bridge === undefined ? undefined : gateway;
}
