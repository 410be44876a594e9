/** Why a bundle is refused: always with the exact part, so that a person knows what to ask for again. */

export type BundleReason =
  /** Not in the form that this part has. */
  | 'Malformed'
  /** Something that is named is not there. */
  | 'Missing'
  /** Something is there that nothing names. */
  | 'Unexpected'
  /** The bytes are not those that were signed for. */
  | 'WrongDigest'
  /** More than a bound allows. */
  | 'TooLarge'
  /** Too few of those who have to sign did. */
  | 'Unsigned'
  /** Signed by a chain of roots that is not the trusted one. */
  | 'Untrusted'
  /** Older than what was accepted before. */
  | 'Rollback'
  /** Older than the policy allows. */
  | 'Expired';

export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly reason: BundleReason;
  /** Such as `targets`, `files/models/1.2`, `files/models/1.2: blob sha256:…, block 17`. */
  readonly part: string;

  constructor(reason: BundleReason, part: string, why: string) {
    super(`${part}: ${why}`);
    this.reason = reason;
    this.part = part;
  }
}
