/**
 * The kernel settings that routing for instances needs, as data; the agent writes them. Apart from `ip_forward`, which
 * the region cannot do without, each concerns one of the region's own bridges only.
 */
import type { FilterModel } from './model.ts';

export interface Setting {
  /** Below /proc/sys. */
  readonly path: string;
  readonly value: string;
  /** The bridge that must exist for it. */
  readonly bridge?: string;
}

export function settingsFor(model: FilterModel): Setting[] {
  const settings: Setting[] = [{ path: 'net/ipv4/ip_forward', value: '1' }];
  for (const zone of model.zones) {
    const fromLoopback = zone.forwards.some((forward) => forward.address.startsWith('127.'));
    for (const { name } of zone.bridges) {
      const conf = `net/ipv4/conf/${name}`;
      const set = (path: string, value: string) => settings.push({ path, value, bridge: name });
      set(`${conf}/forwarding`, '1');
      // Answer ARP for neighbours on the same bridge (RFC 3069): all that instances send to each other is routed.
      set(`${conf}/proxy_arp_pvlan`, '1');
      // Without this the kernel holds each such answer back for up to 0.8 s.
      set(`net/ipv4/neigh/${name}/proxy_delay`, '0');
      // The filter drops redirects too, as `conf/all` may ask for them; this saves making them.
      set(`${conf}/send_redirects`, '0');
      // Let answers come back to a caller on the host's loopback, and only where a forward listens there.
      set(`${conf}/route_localnet`, fromLoopback ? '1' : '0');
    }
  }
  return settings;
}
