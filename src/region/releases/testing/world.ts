/** What tests of upgrades share: a data folder with a real supervisor in it, and releases whose region process is a small shell script. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gapFolders } from '#gap/import/folders.ts';
import type { PackageFacts } from '#gap/release/facts.ts';
import { writeFakeTree } from '#gap/release/testing/fake-tree.ts';
import { publishTree } from '#gap/release/testing/publish-tree.ts';
import { wakefulClock } from '../../clock.ts';
import type { Layout } from '../../layout.ts';
import type { SupervisorPlan } from '../../supervisor/definition.ts';
import { launchSupervisor } from '../../supervisor/launch.ts';
import { openLayout, script, untilReady, wellBehaved } from '../../supervisor/testing/scripts.ts';
import type { Order } from '../drive.ts';

/** Loads, migrates, and then does as it is told. */
export const program = (body: string, check = 'exit 0', migrate = 'echo []; exit 0'): string =>
  `case "$1" in --check) ${check};; --migrate) ${migrate};; esac\n${body}`;

export const WELL = program(wellBehaved('region'));

export const planOf = (layout: Layout, digest: string, body: string): SupervisorPlan => ({
  digest,
  logs: layout.logs,
  processes: [
    script(layout, 'database', wellBehaved('database')),
    // What comes after the script is its own name, and then what it is asked.
    { ...script(layout, 'region', body, { after: ['database'] }), args: ['-c', body, digest] },
  ],
});

export interface UpgradeWorld {
  readonly layout: Layout;
  /** Publishes a release whose region process does that, and gives the order to apply it. */
  publish(version: string, body?: string, packages?: readonly PackageFacts[]): Promise<Order>;
}

export async function openUpgradeWorld(t: TestContext): Promise<UpgradeWorld> {
  const layout = openLayout(t);
  mkdirSync(layout.releases);
  mkdirSync(layout.gap);
  await launchSupervisor(layout, planOf(layout, 'checkout', WELL), wakefulClock);
  await untilReady(layout);
  return {
    layout,
    async publish(version, body = WELL, packages = []) {
      const tree = join(layout.data, `tree-${version}`);
      await writeFakeTree(tree, {
        version,
        files: {
          casemate: '#!/bin/sh\ncat "$(dirname "$0")/content/plan.json"\n',
          'content/plan.json': JSON.stringify(planOf(layout, version, body)),
          'src/region/install/packages.json': JSON.stringify(packages),
        },
      });
      const { release } = await publishTree(gapFolders(layout.gap).content, tree);
      return { kind: 'apply', object: version, ...release, by: 'ann', reason: 'people agreed' };
    },
  };
}
