/**
 * What goes between the region, the HSM agent and its module host: one JSON object a line on the socket, with bytes in base64. The host
 * gets the same requests as messages.
 */
import type { HsmAlgorithm, HsmInfo } from '#kernel/hsm.ts';

/** A ciphertext of 64 KiB fits in base64, with everything else. */
export const LINE_BYTES_MAX = 256 * 1024;

export type HsmOperation =
  | { readonly operation: 'info' }
  | {
      readonly operation: 'make';
      readonly label: string;
      readonly group: string;
      readonly algorithm: HsmAlgorithm;
    }
  | {
      readonly operation: 'seal' | 'open';
      readonly label: string;
      readonly data: string;
      readonly additionalData: string;
    }
  | { readonly operation: 'sign' | 'mac'; readonly label: string; readonly data: string }
  | { readonly operation: 'random'; readonly bytes: number }
  | { readonly operation: 'destroy'; readonly label: string }
  | { readonly operation: 'destroy-group'; readonly group: string }
  /** The PIN, where no file has it. Kept in the agent's memory only. */
  | { readonly operation: 'login'; readonly pin: string };

export interface HsmResult {
  readonly info?: HsmInfo;
  readonly point?: { readonly x: string; readonly y: string };
  /** In base64; absent: there is no such key, or it does not open. */
  readonly data?: string;
}

export type HsmRequest = HsmOperation & { readonly id: number };
export type HsmResponse =
  | { readonly id: number; readonly result: HsmResult }
  | { readonly id: number; readonly problem: string; readonly needsPin?: boolean };
