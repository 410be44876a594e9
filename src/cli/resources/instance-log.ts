/** `casemate logs` of an instance: what it wrote to its console, and goes on writing. */
import { once } from 'node:events';
import { objectPath } from './discovery.ts';
import type { SessionOptions } from './options.ts';
import { withNearNames } from './read.ts';
import { inSession, type Session } from './session.ts';
import { parseStreamTarget } from './targets.ts';

export interface InstanceLogOptions extends SessionOptions {
  readonly follow?: boolean;
  /** Default: all there is. */
  readonly tail?: number;
}

export const showInstanceLog = inSession(
  async (session: Session, options: InstanceLogOptions, target: string) => {
    const { type, name } = parseStreamTarget(await session.types(), target, 'log');
    const project = session.projectFor(type);
    const answer = session.client.stream({
      path: `${objectPath(type, project, name)}/log`,
      query: { follow: options.follow, tailLines: options.tail },
      accept: 'text/plain, */*',
    });
    const response = await withNearNames(session.client, type, project, name, answer);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    }
  },
);
