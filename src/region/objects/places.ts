/** Where objects lie and are served, and what that is called: from settings alone. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ServerNames } from '#trust/certificates/server.ts';
import type { RegionConfig } from '../config/schema.ts';
import type { Layout } from '../layout.ts';
import { type ListenAddress, parseListen, serverNames } from '../server-names.ts';
import { publicUrl } from '../status.ts';

/** 7480 beside 6443: regions side by side, whose APIs have ports of their own, then have these as well. */
export const OBJECTS_ABOVE_API = 1_037;
const PORT_MAX = 65_535;

/** The role of PostgreSQL that owns nothing but the schema of objects' metadata, and that schema. */
export const OBJECTS_ROLE = 'casemate_objects';
export const OBJECTS_SCHEMA = 'objects';

/** The folder of blobs; only the account that serves objects reads it. */
export const blobsFolder = ({ data }: Pick<Layout, 'data'>): string => join(data, 'objects');

/** Where that account reaches the region's own PostgreSQL: it may not enter the folder that the region does. */
export const databaseFolder = ({ data }: Pick<Layout, 'data'>): string => join(data, 'postgres/objects');

/** Where the process that serves objects is asked for. */
export const objectsSocket = ({ run }: Pick<Layout, 'run'>): string => join(run.folder, 'objects.sock');

type Settings = Pick<RegionConfig, 'name' | 'listen' | 'advertise' | 'objects'>;

/** Where S3 clients connect to. */
export function objectsListen({ listen, objects }: Pick<Settings, 'listen' | 'objects'>): ListenAddress {
  const api = parseListen(listen);
  const port =
    api.port + OBJECTS_ABOVE_API > PORT_MAX ? api.port - OBJECTS_ABOVE_API : api.port + OBJECTS_ABOVE_API;
  const host = objects.listen?.replace(/^\[|\]$/g, '') ?? api.host;
  return { host, port: objects.port ?? port };
}

/** Between the ports of Forwards and those that Linux opens connections from, as those of the region's time, which are UDP's. */
const INSTANCES_PORT_FIRST = 30_000;
const INSTANCES_PORTS = 2_760;

/** Where instances are led to that ask at their gateway: regions side by side have ports of their own. */
export const instancesPort = ({ id, objects }: Pick<RegionConfig, 'id' | 'objects'>): number =>
  objects.instancesPort ??
  INSTANCES_PORT_FIRST +
    (createHash('sha256').update(`objects of ${id}`).digest().readUInt32BE(0) % INSTANCES_PORTS);

/** `s3.lux.casemate.internal`; organizations' and buckets' names are below it. */
export const objectsDomain = (region: string): string => `s3.${region}.casemate.internal`;

/** What the certificate names: the endpoint, buckets below it, and whatever the machine is reached by. */
export function objectsNames(config: Settings): ServerNames {
  const { host, port } = objectsListen(config);
  const machine = serverNames({ ...config, listen: `${host.includes(':') ? `[${host}]` : host}:${port}` });
  const domain = objectsDomain(config.name);
  return { dnsNames: [...new Set([domain, `*.${domain}`, ...machine.dnsNames])], ips: machine.ips };
}

/** Of one organization, whose buckets have names below its own. */
export function organizationNames(region: string, organization: string): ServerNames {
  const own = `${organization}.${objectsDomain(region)}`;
  return { dnsNames: [own, `*.${own}`], ips: [] };
}

/** Where clients find it: by a name that leads here, which the certificate has; buckets are in the path. */
export function objectsUrl(config: Pick<Settings, 'listen' | 'advertise' | 'objects'>): string {
  const { host, port } = objectsListen(config);
  return publicUrl({ ...config, listen: `${host.includes(':') ? `[${host}]` : host}:${port}` });
}
