/**
 * The names this engine gives and recognises on the host: tables, bridges and instance ports. Everything it touches bears
 * one of them; nothing else on the host is ever matched.
 */
import { createHash } from 'node:crypto';

/** A region id is a DNS label. */
export const REGION_ID = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;
export const BRIDGE_NAME = /^cm[0-9a-f]{12}$/;

/** The table's name, in families `inet` and `bridge`. nft knows no `-`, a region id no `_`: no two regions share a table. */
export const tableName = (regionId: string): string => `casemate_${regionId.replaceAll('-', '_')}`;

/**
 * What the names of all instance ports of a region start with: `cv` and three hex digits of the region's id. The filter drops
 * every frame from a port so named that it does not know, hence a port is shut until its endpoint is in force.
 */
export const portPrefix = (regionId: string): string =>
  `cv${createHash('sha256').update(regionId).digest('hex').slice(0, 3)}`;

/** Whether a name is one of the region's instance ports: the prefix and ten hex digits, Linux' limit of 15 in all. */
export const isPortName = (regionId: string, name: string): boolean =>
  name.length === 15 && name.startsWith(portPrefix(regionId)) && /^[0-9a-f]{10}$/.test(name.slice(5));
