/**
 * The engines of the network service, real ones, for tests of its controllers one by one: a private incusd, the agent and the names' folder.
 * Needs root. Tests only.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostsFolder, hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { Incus } from '#engines/incus/client.ts';
import { startTestIncus } from '#engines/incus/test-incus.ts';
import { startAgent } from '#engines/nftables/agent.ts';
import { type FilterClient, filterClient } from '#engines/nftables/client.ts';
import type { Controller } from '#kernel/controller.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { type NetworkServiceOptions, networkService } from '../service.ts';

export interface NetworkEngines {
  readonly incus: Incus;
  readonly filter: FilterClient;
  readonly names: HostsFolder;
}

export interface TestNetworkEngines extends NetworkEngines {
  /**
   * A controller of the service as after a start of the process: nothing in its memory. `seen`: what it sees of the engines instead of
   * themselves.
   */
  controller(
    name: string,
    test: TestRealms,
    seen?: Partial<NetworkEngines> & Pick<NetworkServiceOptions, 'pools'>,
  ): Controller;
  close(): Promise<void>;
}

/** `regionId`: whose tables are made in this machine's packet filter; no other test's. */
export async function startNetworkEngines(regionId: string): Promise<TestNetworkEngines> {
  const engine = await startTestIncus();
  const folder = mkdtempSync(join(tmpdir(), 'casemate-network-'));
  chmodSync(folder, 0o750);
  mkdirSync(join(folder, 'names'));
  const socket = join(folder, 'filter.sock');
  const agent = await startAgent({ socket, region: regionId });
  const engines = {
    incus: engine.incus,
    filter: filterClient(socket),
    names: hostsFolder(join(folder, 'names')),
  };
  return {
    ...engines,
    controller(name, test, seen = {}) {
      const service = networkService({
        ...engines,
        ...seen,
        regionId,
        instanceKind: Instance,
        clock: test.clock,
        logger: silentLogger,
        forwardAddresses: [],
      });
      const found = service.controllers?.find((one) => one.name === name);
      if (!found) throw new Error(`the network service has no controller "${name}"`);
      return found;
    },
    async close() {
      await engines.filter.clear();
      agent.close();
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
}
