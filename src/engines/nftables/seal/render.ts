/**
 * Turns a seal into nft's language: one transaction over a table of its own, apart from the filter's. Pure and deterministic.
 *
 * It gates two ways out. `out`: packets of the region's own processes, told by their control group, whatever account, interface or route. `through`:
 * packets forwarded from one of the region's bridges to anything that is none of them. A verdict `drop` is final in nftables: no other table can take it back. What the machine's
 * administrator does is in no control group of the region and never comes to these chains. What is not let through is counted, by process or by the
 * instance's address, destination and port, in sets that are kept when the rules change. Of packets that the region itself sends out of networks, from the addresses
 * in `probes`, it is kept apart how far each came: in here, on its way out, held.
 */
import { tableName } from '../names.ts';
import type { ControlGroup } from './control-group.ts';
import { rangeFamily, type SealFlow, type SealModel } from './model.ts';

/** Before the filter, so that what it drops anyway is counted as well. */
const PRIORITY = -20;
/** Different attempts remembered of each process, and of all instances, for so long. More are dropped all the same, and counted together. */
const ATTEMPTS_MAX = 1_024;
const KEPT = '1d';

/** Of all networks that are tried in one round (`zone-ports.ts`), each to every target. */
const STAGE_PACKETS_MAX = 4_096;
const STAGE_KEPT = '10m';
/** How far a packet of a probe out of a network came: it reached this machine, the machine has a way for it, the seal held it. */
export const STAGES = ['arrived', 'routed', 'held'] as const;
export type Stage = (typeof STAGES)[number];
export const PROBES_SET = 'probes';
export const stageSets = (stage: Stage): string[] => [`probe_${stage}`, `probe_${stage}_other`];
const PROBES_PRIORITY = -310;

export const sealTable = (region: string): string => `${tableName(region)}_seal`;

export interface SealSurroundings {
  readonly bridges: readonly string[];
  readonly group: ControlGroup | undefined;
  /** False: what is not declared is counted and let through. */
  readonly enforced: boolean;
}

const setName = (process: string): string => `tried_${process.replaceAll('-', '_')}`;

export function renderSeal(model: SealModel, { bridges, group, enforced }: SealSurroundings): string {
  const table = `inet ${sealTable(model.region)}`;
  const verdict = enforced ? 'counter drop' : 'counter accept';
  const processes = group?.processes ?? [];
  const lines = [
    `add table ${table}`,
    `add set ${table} bridges { type ifname; }`,
    `flush set ${table} bridges`,
  ];
  if (bridges.length > 0)
    lines.push(`add element ${table} bridges { ${bridges.map((name) => `"${name}"`).join(', ')} }`);
  for (const name of ['instances', ...processes]) lines.push(...attemptSets(table, name));
  lines.push(`add set ${table} ${PROBES_SET} { type ipv4_addr; }`);
  for (const stage of STAGES) {
    const set = (name: string | undefined, key: string) =>
      `add set ${table} ${name} { typeof ${key}; size ${STAGE_PACKETS_MAX}; flags dynamic,timeout; timeout ${STAGE_KEPT}; }`;
    const [ports, other] = stageSets(stage);
    lines.push(set(ports, 'ip saddr . ip daddr . meta l4proto . th dport'));
    lines.push(set(other, 'ip saddr . ip daddr . meta l4proto'));
  }
  for (const chain of [
    'judge_instances',
    'judge_probes',
    'declared_region',
    'judge_region',
    ...processes.map(judgeName),
  ])
    lines.push(`add chain ${table} ${chain}`, `flush chain ${table} ${chain}`);
  for (const [chain, hook, priority] of [
    ['out', 'output', PRIORITY],
    ['through', 'forward', PRIORITY],
    ['come', 'prerouting', PROBES_PRIORITY],
  ])
    lines.push(
      `add chain ${table} ${chain} { type filter hook ${hook} priority ${priority}; policy accept; }`,
      `flush chain ${table} ${chain}`,
    );
  const rule = (chain: string, text: string) => lines.push(`add rule ${table} ${chain} ${text}`);

  for (const name of processes)
    rule(
      'out',
      `socket cgroupv2 level ${(group?.level ?? 0) + 1} "${group?.path}/${name}" goto ${judgeName(name)}`,
    );
  if (group !== undefined)
    rule('out', `socket cgroupv2 level ${group.level} "${group.path}" goto judge_region`);
  // What stays on this machine, goes to the region's own bridges, or answers who came in: an operator at the API among them.
  for (const text of [
    'oifname "lo" accept',
    'oifname @bridges accept',
    'ct direction reply accept',
    'ct state related accept',
  ])
    rule('declared_region', text);
  for (const flow of model.flows)
    if (flow.from === 'region') for (const text of flowRules(flow)) rule('declared_region', text);
  for (const name of processes) {
    const chain = judgeName(name);
    rule(chain, 'jump declared_region');
    for (const text of countRules(setName(name), '')) rule(chain, text);
    rule(chain, verdict);
  }
  rule('judge_region', 'jump declared_region');
  rule('judge_region', verdict);

  const stage = (chain: string, name: Stage, match: string) => {
    const [ports, other] = stageSets(name);
    const key = 'ip saddr . ip daddr . meta l4proto';
    rule(chain, `${match}meta l4proto { tcp, udp } update @${ports} { ${key} . th dport }`);
    rule(chain, `${match}meta l4proto != { tcp, udp } update @${other} { ${key} }`);
  };
  stage('come', 'arrived', `iifname @bridges ip saddr @${PROBES_SET} `);
  stage('through', 'routed', `iifname @bridges oifname != @bridges ip saddr @${PROBES_SET} `);
  rule('through', 'iifname @bridges oifname != @bridges goto judge_instances');
  rule('judge_instances', 'ct direction reply accept');
  rule('judge_instances', 'ct state related accept');
  for (const flow of model.flows)
    if (flow.from === 'instances') for (const text of flowRules(flow)) rule('judge_instances', text);
  rule('judge_instances', `ip saddr @${PROBES_SET} goto judge_probes`);
  stage('judge_probes', 'held', '');
  rule('judge_probes', verdict);
  for (const text of countRules(setName('instances'), 'saddr')) rule('judge_instances', text);
  rule('judge_instances', verdict);
  return `${lines.join('\n')}\n`;
}

export const renderOpen = (region: string): string =>
  `add table inet ${sealTable(region)}\ndelete table inet ${sealTable(region)}\n`;

const judgeName = (process: string): string => `judge_process_${process.replaceAll('-', '_')}`;

function attemptSets(table: string, process: string): string[] {
  const name = setName(process);
  const source = (family: string) => (process === 'instances' ? `${family} saddr . ` : '');
  const set = (suffix: string, key: string) =>
    `add set ${table} ${name}${suffix} { typeof ${key}; size ${ATTEMPTS_MAX}; flags dynamic,timeout; timeout ${KEPT}; counter; }`;
  return (['ip', 'ip6'] as const).flatMap((family) => [
    set(`_${family}`, `${source(family)}${family} daddr . meta l4proto . th dport`),
    set(`_${family}_other`, `${source(family)}${family} daddr . meta l4proto`),
  ]);
}

/** They count and go on: a set that is full must not let anything through. */
function countRules(name: string, source: '' | 'saddr'): string[] {
  return (['ip', 'ip6'] as const).flatMap((family) => {
    const from = source === '' ? '' : `${family} saddr . `;
    return [
      `meta l4proto { tcp, udp } update @${name}_${family} { ${from}${family} daddr . meta l4proto . th dport }`,
      `meta l4proto != { tcp, udp } update @${name}_${family}_other { ${from}${family} daddr . meta l4proto }`,
    ];
  });
}

function flowRules({ id, sources, protocol, ports, to, until_s }: SealFlow): string[] {
  return (['ip', 'ip6'] as const).flatMap((family) => {
    const peers = to.filter((range) => rangeFamily(range) === family);
    // Instances have IPv4 only.
    if (peers.length === 0 || (family === 'ip6' && sources.length > 0)) return [];
    const from = sources.length === 0 ? '' : `ip saddr { ${sources.join(', ')} } `;
    const what =
      protocol === 'icmp'
        ? `meta l4proto ${family === 'ip' ? 'icmp' : 'ipv6-icmp'}`
        : ports.length === 0
          ? `meta l4proto ${protocol}`
          : `${protocol} dport { ${ports.join(', ')} }`;
    return [
      `${from}${family} daddr { ${peers.join(', ')} } ${what} meta time < ${until_s} counter accept comment "${id}"`,
    ];
  });
}
