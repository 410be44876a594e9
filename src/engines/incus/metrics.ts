/**
 * What Incus measured of all running instances, from `GET /1.0/metrics`: text in Prometheus' exposition format. One call however many there are,
 * and nothing is run in an instance for it. Names of interfaces in it are the tenant's own: labels are taken apart, never trusted. Pure.
 */

/** Of one running instance. What the engine did not tell is undefined. */
export interface MeasuredInstance {
  readonly project: string;
  readonly name: string;
  /** Seconds of processors used since it was started. */
  readonly cpu_s: number | undefined;
  /** Memory in use, without what the kernel would give back (caches). */
  readonly memory_bytes: number | undefined;
  /** Through its network interfaces since it was started. */
  readonly received_bytes: number | undefined;
  readonly sent_bytes: number | undefined;
}

type Draft = { -readonly [Field in keyof MeasuredInstance]: MeasuredInstance[Field] } & {
  memoryTotal_bytes: number | undefined;
};

/** A virtual machine's agent also tells time in which nothing ran. */
const IDLE_MODES = new Set(['idle', 'iowait', 'steal']);
/** Those that Incus gives it: `eth0`, and `enp5s0` in a virtual machine. Bridges and tunnels inside would count the same bytes again. */
const OWN_INTERFACE = /^e(th|n)/;
const LINE = /^incus_(\w+)\{(.*)\} (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

type Take = (draft: Draft, value: number, labels: ReadonlyMap<string, string>) => void;

const plus = (sum: number | undefined, value: number) => (sum ?? 0) + value;

const FAMILIES: Readonly<Record<string, Take>> = {
  cpu_seconds_total(draft, value, labels) {
    if (!IDLE_MODES.has(labels.get('mode') ?? '')) draft.cpu_s = plus(draft.cpu_s, value);
  },
  memory_MemTotal_bytes(draft, value) {
    draft.memoryTotal_bytes = value;
  },
  /** Not yet what is used: see `finished`. */
  memory_MemAvailable_bytes(draft, value) {
    draft.memory_bytes = value;
  },
  network_receive_bytes_total(draft, value, labels) {
    if (OWN_INTERFACE.test(labels.get('device') ?? ''))
      draft.received_bytes = plus(draft.received_bytes, value);
  },
  network_transmit_bytes_total(draft, value, labels) {
    if (OWN_INTERFACE.test(labels.get('device') ?? '')) draft.sent_bytes = plus(draft.sent_bytes, value);
  },
};

export function parseMetrics(text: string): readonly MeasuredInstance[] {
  const byKey = new Map<string, Draft>();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    takeLine(text.slice(start, end), byKey);
    start = end + 1;
  }
  return Array.from(byKey.values(), finished);
}

function takeLine(line: string, byKey: Map<string, Draft>): void {
  const [, family = '', labelText = '', number] = LINE.exec(line) ?? [];
  const take = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined;
  const value = Number(number);
  if (take === undefined || !Number.isFinite(value)) return;
  // Incus writes them in the order of the alphabet: whatever an interface is called, the instance's own name comes after it and counts.
  const labels = new Map(Array.from(labelText.matchAll(LABEL), ([, name = '', text = '']) => [name, text]));
  const project = labels.get('project');
  const name = labels.get('name');
  if (project === undefined || name === undefined) return;
  const key = `${project}/${name}`;
  let draft = byKey.get(key);
  if (draft === undefined) {
    draft = {
      project,
      name,
      cpu_s: undefined,
      memory_bytes: undefined,
      memoryTotal_bytes: undefined,
      received_bytes: undefined,
      sent_bytes: undefined,
    };
    byKey.set(key, draft);
  }
  take(draft, value, labels);
}

function finished({ memory_bytes: available, memoryTotal_bytes: total, ...rest }: Draft): MeasuredInstance {
  const isKnown = available !== undefined && total !== undefined;
  return { ...rest, memory_bytes: isKnown ? Math.max(0, total - available) : undefined };
}
