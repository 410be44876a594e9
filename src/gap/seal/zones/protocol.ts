/** What the region and the process that tries to leave from networks say to each other: JSON, a line each. It first says which process it is. */
import { type Static, Type } from 'typebox';

export const LINE_BYTES_MAX = 256 * 1024;
const ZONES_MAX = 64;
const TARGETS_MAX = 64;

const text = (maxLength: number) => Type.String({ maxLength });

/** The only line that goes in. */
export const ZonesJob = Type.Object({
  zones: Type.Array(
    Type.Object({
      inner: Type.String({ pattern: '^z[0-9]{1,3}$' }),
      address: text(15),
      prefix: Type.Integer({ minimum: 8, maximum: 30 }),
      gateway: text(15),
    }),
    { maxItems: ZONES_MAX },
  ),
  targets: Type.Array(
    Type.Object({
      what: text(64),
      address: text(45),
      protocol: Type.Union([Type.Literal('tcp'), Type.Literal('udp'), Type.Literal('icmp')]),
      port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    }),
    { maxItems: TARGETS_MAX },
  ),
});
export type ZonesJob = Static<typeof ZonesJob>;

export const ZonesSaid = Type.Union([
  Type.Object({ type: Type.Literal('ready'), pid: Type.Integer({ minimum: 2 }) }),
  /** In the order of the job. `hasGateway`: the network's gateway answered there. */
  Type.Object({
    type: Type.Literal('met'),
    zones: Type.Array(
      Type.Object({ hasGateway: Type.Boolean(), met: Type.Array(text(64), { maxItems: TARGETS_MAX }) }),
      { maxItems: ZONES_MAX },
    ),
  }),
  Type.Object({ type: Type.Literal('failed'), message: text(4_096) }),
  Type.Object({ type: Type.Literal('ended'), how: text(256) }),
]);
export type ZonesSaid = Static<typeof ZonesSaid>;
