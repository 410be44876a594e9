/**
 * A Ceph cluster with its S3 gateway, of Debian's own packages, on a machine of its own (`bare-debian.ts`): one monitor, one OSD that keeps its data in a file as it would on a disk (BlueStore), one
 * gateway. Needs root, and a mirror. For tests only.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BareDebian, makeBareDebian } from './bare-debian.ts';
import { output } from './command.ts';

const PORT = 7_480;
const FOLDER = '/var/lib/ceph-test';
const CLUSTER = '5c2ae5d3-29b5-44c5-9a2e-9b3ad4f5a4d1';
const OSD = '11111111-2222-4333-8444-555555555555';
const PACKAGES: readonly string[] = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common', 'curl'];
const STARTED_S_MAX = 60;

export interface CephCluster {
  /** `http://host:port`, from this machine. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secret: string;
  readonly version: string;
  /** Stops the gateway where it is, as a machine does that hangs. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Has the OSD take its time over most of what it is asked; 0: no more. */
  slowDown(seconds: number): Promise<void>;
  /** kill -9 of all of it, gateway, OSD and monitor. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const SETTINGS = `[global]
fsid = ${CLUSTER}
mon_initial_members = a
mon_host = v1:127.0.0.1:16789
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
mon_allow_pool_size_one = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
run_dir = ${FOLDER}/run
log_file = ${FOLDER}/log/$name.log
admin_socket = ${FOLDER}/run/$name.asok
pid_file = ${FOLDER}/run/$name.pid
[mon.a]
mon_data = ${FOLDER}/mon
[osd]
osd_data = ${FOLDER}/osd
osd_objectstore = bluestore
bluestore_block_create = true
bluestore_block_size = 4294967296
bluestore_cache_autotune = false
bluestore_cache_size = 67108864
[client.rgw]
rgw_frontends = beast endpoint=0.0.0.0:${PORT}
rgw_run_sync_thread = false
`;

/** What asks a monitor before that knows its own cluster is refused; Ceph's own service manager starts such programs again. */
const AGAIN = `again() { for try in $(seq 15); do timeout 60 "$@" && return 0; sleep 1; done; return 1; }
set -eu
`;
const MAKE = `${AGAIN}
mkdir -p ${FOLDER}/mon ${FOLDER}/osd ${FOLDER}/run ${FOLDER}/log
monmaptool --create --clobber --addv a '[v1:127.0.0.1:16789]' --fsid ${CLUSTER} ${FOLDER}/monmap
ceph-mon --mkfs -i a --monmap ${FOLDER}/monmap
ceph-mon -i a
again ceph osd new ${OSD}
again ceph-osd -i 0 --mkfs --osd-uuid ${OSD}
again ceph osd crush add osd.0 1.0 root=default
again ceph-osd -i 0
`;
const START = `${AGAIN}
ceph-mon -i a
again ceph-osd -i 0
`;
const GATEWAY = `set -eu
radosgw -n client.rgw
for second in $(seq ${STARTED_S_MAX}); do
  curl --silent --output /dev/null http://127.0.0.1:${PORT} && exit 0
  sleep 1
done
cat ${FOLDER}/log/*rgw*.log >&2
exit 1
`;

/** Takes two minutes, most of it apt. */
export async function startCeph(): Promise<CephCluster> {
  const machine: BareDebian = await makeBareDebian('bookworm', '/var/tmp');
  const sh = (script: string, ...args: readonly string[]) =>
    output(machine.run('bash', ['-c', script, 'bash', ...args]), 'Ceph');
  try {
    const install =
      'printf "#!/bin/sh\\nexit 101\\n" > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"';
    await sh(install, ...PACKAGES);
    writeFileSync(join(machine.root, 'etc/ceph/ceph.conf'), SETTINGS);
    await sh(MAKE);
    const accessKey = `CEPH${randomBytes(8).toString('hex').toUpperCase()}`;
    const secret = randomBytes(20).toString('hex');
    const user = 'again radosgw-admin user create --uid=casemate --display-name=casemate';
    await sh(`${AGAIN}${user} --access-key="$1" --secret-key="$2" --no-mon-config`, accessKey, secret);
    await sh(GATEWAY);
    return {
      endpoint: `http://${machine.address}:${PORT}`,
      accessKey,
      secret,
      version: (await sh('radosgw --version')).trim(),
      freeze: async () => void (await sh('kill -STOP $(pidof radosgw)')),
      thaw: async () => void (await sh('kill -CONT $(pidof radosgw)')),
      async slowDown(seconds) {
        const settings = `--osd_debug_inject_dispatch_delay_probability=${seconds > 0 ? 0.8 : 0} --osd_debug_inject_dispatch_delay_duration=${seconds}`;
        await sh(`${AGAIN}again ceph tell osd.0 injectargs "$1"`, settings);
      },
      kill: async () => void (await sh('kill -KILL $(pidof radosgw ceph-osd ceph-mon)')),
      async start() {
        await sh(START);
        await sh(GATEWAY);
      },
      close: () => machine.close(),
    };
  } catch (error) {
    await machine.close();
    throw error;
  }
}
