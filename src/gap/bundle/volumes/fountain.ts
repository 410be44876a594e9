/**
 * The code that makes repair blocks, and blocks of repair blocks: RaptorQ (RFC 6330), by the library of the same name. Works on one group at a time, in memory;
 * does no I/O but reading the library's own file. Runs on threads (`coder.ts`), since a group takes a tenth of a second.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js';
import { VOLUME_BLOCK_BYTES } from './limits.ts';

/** Source block number and symbol number, as RFC 6330 section 3.2 has them before a symbol. */
const ID_BYTES = 4;
const SYMBOL_MASK = 0xff_ff_ff;
/** The least that the library takes. */
const SYMBOL_BYTES_MIN = 64;

let loaded = false;

/** The library would fetch its own file like a browser; it is given it. */
function load(): void {
  if (loaded) return;
  initSync(readFileSync(fileURLToPath(import.meta.resolve('raptorq/raptorq_bg.wasm'))));
  loaded = true;
}

/** Repair blocks of a group, one after the other. `source`: all its own blocks, whole. */
export function repairBlocks(source: Uint8Array, repair: number): Uint8Array<ArrayBuffer> {
  load();
  const own = source.length / VOLUME_BLOCK_BYTES;
  const encoder = Encoder.with_defaults(source, VOLUME_BLOCK_BYTES);
  try {
    const packets = encoder.encode(repair).slice(own);
    if (packets.length !== repair)
      throw new Error(`the library made ${packets.length} repair blocks of ${repair}`);
    const blocks = new Uint8Array(repair * VOLUME_BLOCK_BYTES);
    packets.forEach((packet, number) => {
      blocks.set(packet.subarray(ID_BYTES), number * VOLUME_BLOCK_BYTES);
    });
    return blocks;
  } finally {
    encoder.free();
  }
}

const firstRepair = new Map<number, number>();

/** What the library calls the first repair block of a group: RFC 6330 has groups of certain sizes only, and the numbers in between are not sent. Asked of it once for each size. */
function firstRepairSymbol(own: number): number {
  const known = firstRepair.get(own);
  if (known !== undefined) return known;
  const encoder = Encoder.with_defaults(new Uint8Array(own * SYMBOL_BYTES_MIN), SYMBOL_BYTES_MIN);
  try {
    const packet = encoder.encode(1)[own];
    if (packet === undefined) throw new Error('the library made no repair block');
    const first = new DataView(packet.buffer, packet.byteOffset).getUint32(0) & SYMBOL_MASK;
    firstRepair.set(own, first);
    return first;
  } finally {
    encoder.free();
  }
}

/**
 * A group's own blocks, from any of its blocks: `symbols` says which those are that stand in `blocks`. Undefined when they do not suffice: fewer than the group has of its own, or,
 * rarely, just as many.
 */
export function sourceBlocks(
  own: number,
  symbols: readonly number[],
  blocks: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  load();
  if (symbols.length < own) return undefined;
  const repair = firstRepairSymbol(own);
  const decoder = Decoder.with_defaults(BigInt(own * VOLUME_BLOCK_BYTES), VOLUME_BLOCK_BYTES);
  try {
    for (const [at, symbol] of symbols.entries()) {
      const packet = new Uint8Array(ID_BYTES + VOLUME_BLOCK_BYTES);
      new DataView(packet.buffer).setUint32(0, symbol < own ? symbol : repair + symbol - own);
      packet.set(blocks.subarray(at * VOLUME_BLOCK_BYTES, (at + 1) * VOLUME_BLOCK_BYTES), ID_BYTES);
      const found = decoder.decode(packet);
      if (found !== undefined) return new Uint8Array(found);
    }
    return undefined;
  } finally {
    decoder.free();
  }
}
