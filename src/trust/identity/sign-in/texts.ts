/** Everything the sign-in pages say, in the shape that each language gives. Plain text: the pages escape it. */
import type { Problem } from '../federation/claims.ts';

export interface Texts {
  readonly language: string;
  readonly languageSwitch: string;
  readonly region: string;

  readonly signIn: {
    readonly title: string;
    readonly to: (client: string) => string;
    readonly passkey: string;
    readonly passkeyHint: string;
    readonly or: string;
    readonly name: string;
    readonly password: string;
    readonly code: string;
    readonly codeHint: string;
    readonly submit: string;
    readonly noWayIn: string;
  };
  /** Signing in with an organization's own provider. */
  readonly federated: {
    readonly with: (provider: string) => string;
    readonly problems: Readonly<Record<Problem, string>>;
    /** Two duties that nobody may hold together, each with what it is held by. */
    readonly duties: (one: string, other: string) => string;
    readonly byGroup: (role: string, group: string) => string;
    readonly byName: (role: string) => string;
  };
  /** What can go wrong. `refused` is the same whoever was named and whatever did not fit. */
  readonly wrong: {
    readonly summary: string;
    readonly refused: string;
    readonly passkeyRefused: string;
    readonly wait: (minutes: number) => string;
    readonly busy: string;
    readonly outdated: string;
    readonly passkeyFailed: string;
    readonly passkeyKnown: string;
    readonly passkeyUnsupported: string;
    readonly passkeyNeedsName: string;
    readonly passkeyNeedsScript: string;
    readonly passkeysFull: (max: number) => string;
    readonly required: string;
    readonly passwordShort: (min: number) => string;
    readonly passwordLong: (max: number) => string;
    readonly passwordPlain: string;
    readonly passwordDiffers: string;
    readonly code: string;
    readonly lastWayIn: string;
  };
  readonly setUp: {
    readonly welcome: (name: string) => string;
    readonly choose: string;
    readonly replaces: string;
    readonly addPasskey: string;
    readonly passkeyHint: string;
    readonly label: string;
    readonly labelHint: string;
    readonly savePasskey: string;
    readonly orPassword: string;
    readonly setPassword: string;
    readonly changePassword: string;
    readonly changeAuthenticator: string;
    readonly newPassword: string;
    readonly newPasswordHint: (min: number) => string;
    readonly repeatPassword: string;
    readonly authenticator: string;
    readonly authenticatorHint: string;
    readonly openApp: string;
    readonly codeShown: string;
    readonly save: string;
    readonly done: string;
    readonly doneHint: string;
    readonly recovery: string;
    readonly recoveryHint: string;
    readonly toAccount: string;
    readonly linkEnded: string;
    readonly linkEndedHint: string;
  };
  readonly account: {
    readonly title: string;
    readonly fresh: string;
    readonly passkeys: string;
    readonly noPasskeys: string;
    readonly password: string;
    readonly passwordSet: string;
    readonly passwordNotSet: string;
    readonly recovery: string;
    readonly recoveryLeft: (left: number) => string;
    readonly newRecovery: string;
    readonly added: (date: string) => string;
    readonly used: (date: string) => string;
    readonly remove: string;
    readonly removeWhat: (label: string) => string;
    readonly removePassword: string;
    readonly unnamed: string;
    readonly signOut: string;
    readonly signedOut: string;
    readonly saved: string;
    readonly removed: string;
    readonly back: string;
  };
  readonly provider: {
    readonly deviceTitle: string;
    readonly deviceHint: string;
    readonly deviceCode: string;
    readonly deviceWrong: string;
    readonly deviceConfirmTitle: string;
    readonly deviceConfirm: (client: string) => string;
    readonly deviceYes: string;
    readonly deviceNo: string;
    readonly deviceDone: string;
    readonly deviceDoneHint: string;
    readonly signOutTitle: string;
    readonly signOutHint: string;
    readonly signOutYes: string;
    readonly signedOut: string;
    readonly signedOutHint: string;
    readonly problem: string;
    readonly problemHint: string;
    readonly next: string;
  };
}
