/**
 * Debian's QEMU, mended for one fault of its emulation. When a guest's guest writes CR8 while an interrupt waits for it, `helper_write_crN`
 * raises that interrupt without the lock that `tcg_handle_interrupt` insists on, and QEMU ends itself (10.0; 11.1 has the same). UEFI firmware restores CR8 at
 * the end of every interrupt, so sooner or later any virtual machine in an emulated host does this. The lock protects what other
 * processors write; here the processor marks its own word. For tests only.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `tcg_handle_interrupt` of Debian 13's program for amd64, from its first instruction to where it marks the interrupt: save two
 * registers, ask `bql_locked`, and go to the end of the program unless it says yes.
 */
const FUNCTION = new RegExp(
  [
    String.raw`\xf3\x0f\x1e\xfa\x55\x89\xf5\x53\x48\x89\xfb\x48\x83\xec\x08`,
    String.raw`\xe8[^]{4}\x84\xc0`,
    String.raw`(?<jump>\x74[^])\x09\xab`,
  ].join(''),
  'dg',
);
const TWO_NOPS = Uint8Array.of(0x90, 0x90);

/** Writes a copy of `program` to `copy` in which that jump does nothing. Throws where the function is not found just once. */
export function mendQemu(program: string, copy: string): void {
  const bytes = readFileSync(program);
  const found = [...bytes.toString('latin1').matchAll(FUNCTION)];
  const at = found[0]?.indices?.groups?.jump?.[0];
  if (found.length !== 1 || at === undefined) {
    throw new Error(`${program}: tcg_handle_interrupt was found ${found.length} times, wanted once`);
  }
  bytes.set(TWO_NOPS, at);
  writeFileSync(copy, bytes, { mode: 0o755 });
}
