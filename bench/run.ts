/**
 * `node bench/run.ts [NAME…] [--quick] [--long] [--profile DIR] [--json FILE]`: measures, each beside its peer or limit in the same
 * run. Needs root, like `casemate up`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measurement, textOf } from './lib/result.ts';
import { machine } from './lib/statistics.ts';
import { MEASURES } from './measures/all.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    profile: { type: 'string' },
    json: { type: 'string' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(MEASURES);
const unknown = names.filter((name) => !Object.hasOwn(MEASURES, name));
if (unknown.length > 0) {
  process.stderr.write(`there is no measurement ${unknown.join(', ')}; there are:\n`);
  for (const [name, { summary }] of Object.entries(MEASURES)) process.stderr.write(`  ${name}: ${summary}\n`);
  process.exit(2);
}
if (values.profile !== undefined) mkdirSync(values.profile, { recursive: true });
const options = {
  quick: values.quick,
  long: values.long,
  profile: values.profile === undefined ? undefined : resolve(values.profile),
  say: (line: string) => void process.stderr.write(`  ${line}\n`),
};
const results: (Measurement & { machine: ReturnType<typeof machine> })[] = [];
for (const name of names) {
  const measure = MEASURES[name];
  if (!measure) continue;
  process.stderr.write(`${name}: ${measure.summary}\n`);
  const before = machine();
  try {
    const measurement = await measure.run(options);
    results.push({ ...measurement, machine: before });
    const load = `${before.loadAverage.join(' ')} before, ${machine().loadAverage.join(' ')} after`;
    process.stdout.write(`${textOf(measurement)}\n  (load average ${load}; ${before.cores} cores)\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exit();
