/** What the process that serves objects begins with: addresses, certificates, its database and where blobs lie. */
import { readFileSync } from 'node:fs';
import type { Clock } from '#kernel/clock.ts';
import { startedAt } from '#services/objects/gate/process.ts';
import type { GateBeginning, GateCertificate } from '#services/objects/gate/protocol.ts';
import type { ObjectsServing } from '#services/objects/service.ts';
import type { RegionIssuers } from '#trust/certificates/issuers.ts';
import { issueServerCertificate, partNames, type ServerNames } from '#trust/certificates/server.ts';
import type { RegionConfig } from '../config/schema.ts';
import { databaseConnection } from '../database.ts';
import { DATABASE_NAME } from '../embedded/postgres.ts';
import type { Layout } from '../layout.ts';
import {
  blobsFolder,
  databaseFolder,
  instancesPort,
  OBJECTS_ROLE,
  OBJECTS_SCHEMA,
  objectsListen,
  objectsNames,
  objectsSocket,
  objectsUrl,
  organizationNames,
} from './places.ts';

const CREDENTIALS_BYTES_MAX = 4_096;
const POSTGRES_PORT = 5_432;

export interface ServingOptions {
  readonly layout: Layout;
  readonly config: RegionConfig;
  readonly issuers: () => Pick<RegionIssuers, 'server'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether there are gateways, and a packet filter that leads there from nowhere else. */
  readonly hasGateways?: boolean;
}

export function objectsServing({
  layout,
  config,
  issuers,
  clock,
  hasGateways,
}: ServingOptions): ObjectsServing {
  const certificate = async (names: ServerNames): Promise<GateCertificate> => {
    const { authority, chain } = await issuers().server();
    const { permitted } = partNames(authority, names);
    const made = await issueServerCertificate(authority, permitted, clock.now());
    return { certificate: `${made.certificate}${chain}`, privateKey: made.key };
  };
  const listen = [
    objectsListen(config),
    ...(hasGateways ? [{ host: '0.0.0.0', port: instancesPort(config), within: config.network.pools }] : []),
  ];
  return {
    start: startedAt(objectsSocket(layout)),
    endpoint: objectsUrl(config),
    certificate: () => certificate(objectsNames(config)),
    certificateOf: (organization) => certificate(organizationNames(config.name, organization)),
    async beginning(): Promise<GateBeginning> {
      return {
        listen,
        domain: config.name,
        ...(await certificate(objectsNames(config))),
        database: { ...objectsDatabase(layout, config), schema: OBJECTS_SCHEMA },
        blobs: blobsOf(layout, config),
      };
    },
  };
}

/** Never the region's own role: whoever serves strangers must not reach what is not theirs. Throws with the field of region.yaml that is missing. */
export function objectsDatabase(
  layout: Layout,
  { postgres, objects }: Pick<RegionConfig, 'postgres' | 'objects'>,
) {
  if (postgres.mode === 'embedded') {
    return { host: databaseFolder(layout), port: POSTGRES_PORT, database: DATABASE_NAME, user: OBJECTS_ROLE };
  }
  if (objects.database === undefined) {
    throw new Error(
      'objects take a database role of their own: make one that owns a schema "objects", and set objects.database in region.yaml (docs/storage.md)',
    );
  }
  return { ...databaseConnection(layout, { postgres: { ...postgres, url: objects.database } }) };
}

function blobsOf(layout: Layout, { objects: { backend } }: RegionConfig): GateBeginning['blobs'] {
  if (backend.type === 'filesystem') return { type: 'filesystem', folder: blobsFolder(layout) };
  const {
    endpoint = '',
    bucket = '',
    region = 'us-east-1',
    credentialsFile = '',
    certificateAuthority,
  } = backend;
  const [accessKey = '', secret = ''] = readBounded(credentialsFile).trim().split(/\s+/);
  return {
    type: 's3',
    endpoint,
    bucket,
    region,
    accessKey,
    secret,
    ...(certificateAuthority === undefined
      ? {}
      : { certificateAuthority: readFileSync(certificateAuthority, 'utf8') }),
  };
}

function readBounded(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (text.length <= CREDENTIALS_BYTES_MAX) return text;
  throw new Error(
    `objects.backend.credentialsFile: ${path} has more than ${CREDENTIALS_BYTES_MAX} characters`,
  );
}
