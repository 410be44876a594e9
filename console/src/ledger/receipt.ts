/** Receipts: the proof of one leaf as a file (C2SP tlog-proof), the same that `casemate ledger prove` writes and `casemate ledger check-receipt` checks. Pure. */
import { type Bytes, base64 } from './bytes.ts';

export interface Receipt {
  readonly index: number;
  readonly leaf: Bytes;
  readonly hashes: readonly Bytes[];
  /** The signed checkpoint, as the log wrote it. */
  readonly checkpoint: string;
}

export const formatReceipt = ({ index, leaf, hashes, checkpoint }: Receipt): string =>
  [
    'c2sp.org/tlog-proof@v1',
    `extra ${base64(leaf)}`,
    `index ${index}`,
    ...hashes.map(base64),
    '',
    checkpoint,
  ].join('\n');

export const receiptName = (origin: string, index: number): string =>
  `${origin.replaceAll(/[^A-Za-z0-9.-]/g, '_')}-${index}.tlog-proof`;
