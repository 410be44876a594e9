/**
 * What every command against a realm begins with: its client, the project that is meant, and what the realm serves.
 */
import type { Command } from 'commander';
import { ownCommand } from '../own-command.ts';
import { ApiClient } from './client.ts';
import { discover, type ResourceType } from './discovery.ts';
import { CliError, EXIT, reporting } from './errors.ts';
import { connectionOf, loadKubeconfig } from './kubeconfig.ts';
import type { SessionOptions } from './options.ts';

export class Session {
  readonly client: ApiClient;
  readonly #options: SessionOptions;
  #types: Promise<ResourceType[]> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.client = new ApiClient(connectionOf(loadKubeconfig(options), options.context));
  }

  /** The project that is meant. */
  get project(): string {
    return this.#options.project ?? this.#options.namespace ?? this.client.connection.project ?? 'default';
  }

  /** The project to list a type in: undefined for all, and for types of the realm. */
  projectFor(type: ResourceType): string | undefined {
    return type.namespaced && !this.#options.allProjects ? this.project : undefined;
  }

  types(): Promise<ResourceType[]> {
    this.#types ??= discover(this.client);
    return this.#types;
  }

  /** The type of that group and kind; an error where this server has none. */
  async typeOf(group: string, kind: string): Promise<ResourceType> {
    const type = (await this.types()).find((one) => one.group === group && one.kind === kind);
    if (type === undefined) throw new CliError(`this server has no ${kind}`);
    return type;
  }

  /** The organization this kubeconfig is for; undefined for the region. */
  get organization(): string | undefined {
    return /\/orgs\/([^/]+)$/.exec(this.client.connection.server)?.[1];
  }

  /** Throws unless the kubeconfig is the region's. */
  requireRegion(what: string): void {
    if (this.organization === undefined) return;
    throw new CliError(
      `${what} takes a region operator’s kubeconfig; this one is for the organization "${this.organization}"`,
      {
        exitCode: EXIT.usage,
        hint: 'give --kubeconfig or --context',
      },
    );
  }

  requireOrganization(what: string): void {
    if (this.organization !== undefined) return;
    throw new CliError(`${what} takes an organization’s kubeconfig; this one is for the region`, {
      exitCode: EXIT.usage,
      hint: `${ownCommand()} org create NAME --admin USER writes one`,
    });
  }
}

/** Makes an action that works in a session, reports its errors, and closes the session. Options come last but one, as commander gives them. */
export function inSession<Options extends SessionOptions, Arguments extends unknown[]>(
  work: (session: Session, options: Options, ...args: Arguments) => Promise<void>,
): (...given: [...Arguments, Options, Command]) => Promise<void> {
  return reporting(async (...given: [...Arguments, Options, Command]) => {
    const options = given.at(-2) as Options;
    const session = new Session(options);
    try {
      await work(session, options, ...(given.slice(0, -2) as Arguments));
    } finally {
      session.client.close();
    }
  });
}
