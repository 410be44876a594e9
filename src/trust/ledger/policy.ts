/**
 * Which signatures make a checkpoint count (C2SP tlog-policy): the logs, the witnesses, and how many of which have to have cosigned. Whoever
 * verifies writes it; nothing in it comes from the log.
 */
import { parseCosignerVkey } from '#kernel/log/cosignature.ts';
import { LogError } from '#kernel/log/log-error.ts';
import { type NoteVerifier, parseVkey, SIGNATURE_TYPE, splitVkey } from '#kernel/log/note.ts';

const POLICY_CHARACTERS_MAX = 1024 * 1024;
/** Of logs, of witnesses, and of groups. */
const ENTRIES_MAX = 256;

/** When a quorum is there. */
export type Rule =
  | { readonly type: 'none' }
  | { readonly type: 'witness'; readonly name: string }
  | {
      readonly type: 'group';
      readonly name: string;
      readonly threshold: number;
      readonly members: readonly Rule[];
    };

export interface Witness {
  readonly name: string;
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

export interface Policy {
  /** A checkpoint of any of them counts; more than one key of the same log may be listed. */
  readonly logs: readonly NoteVerifier[];
  readonly witnesses: readonly Witness[];
  readonly quorum: Rule;
}

const isCosigner = (type: number) => type !== SIGNATURE_TYPE.ed25519;

/** The key of a log: Ed25519 (type 1), or its own ML-DSA-44 (type 6). */
function parseLogKey(vkey: string): NoteVerifier {
  return splitVkey(vkey).type === SIGNATURE_TYPE.mlDsa44Cosignature
    ? parseCosignerVkey(vkey)
    : parseVkey(vkey);
}

class Reader {
  readonly logs: NoteVerifier[] = [];
  readonly witnesses: Witness[] = [];
  quorum: Rule | undefined;
  readonly #rules = new Map<string, Rule>();
  readonly #members = new Set<string>();

  take(keyword: string, words: readonly string[]): void {
    if (keyword === 'log') this.#log(words);
    else if (keyword === 'witness') this.#witness(words);
    else if (keyword === 'group') this.#group(words);
    else if (keyword === 'quorum') this.#quorum(words);
    else throw new Error(`"${keyword}" is none of log, witness, group, quorum`);
  }

  #log([vkey, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 1) throw new Error('should be: log <vkey> [<url>]');
    const verifier = parseLogKey(vkey);
    this.#distinct(this.logs, verifier, 'log');
    this.logs.push(verifier);
  }

  #witness([name, vkey, url, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) {
      throw new Error('should be: witness <name> <vkey> [<url>]');
    }
    const verifier = parseCosignerVkey(vkey);
    this.#distinct(
      this.witnesses.map((witness) => witness.verifier),
      verifier,
      'witness',
    );
    this.#define(name, { type: 'witness', name });
    this.witnesses.push({ name, verifier, ...(url === undefined ? {} : { url }) });
  }

  #group([name, wanted, ...names]: readonly string[]): void {
    if (name === undefined || wanted === undefined || names.length === 0) {
      throw new Error('should be: group <name> all|any|<k> <member>…');
    }
    const members = names.map((member) => {
      const rule = this.#known(member);
      if (this.#members.has(member)) throw new Error(`"${member}" is a member of a group already`);
      this.#members.add(member);
      return rule;
    });
    const threshold = wanted === 'all' ? names.length : wanted === 'any' ? 1 : Number(wanted);
    if (!/^(all|any|[1-9][0-9]{0,5})$/.test(wanted) || threshold > names.length) {
      throw new Error(`"${wanted}" should be all, any, or a number from 1 to ${names.length}`);
    }
    this.#define(name, { type: 'group', name, threshold, members });
  }

  #quorum([name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw new Error('should be: quorum <name>');
    if (this.quorum !== undefined) throw new Error('there is a quorum already');
    this.quorum = name === 'none' ? { type: 'none' } : this.#known(name);
  }

  #known(name: string): Rule {
    const rule = this.#rules.get(name);
    if (rule === undefined)
      throw new Error(`"${name}" is not the name of a witness or group of a line before`);
    return rule;
  }

  #define(name: string, rule: Rule): void {
    if (name === 'none') throw new Error('"none" is no name: it stands for no quorum');
    if (this.#rules.has(name)) throw new Error(`"${name}" is defined already`);
    if (this.#rules.size === 2 * ENTRIES_MAX)
      throw new Error(`more than ${2 * ENTRIES_MAX} witnesses and groups`);
    this.#rules.set(name, rule);
  }

  #distinct(known: readonly NoteVerifier[], verifier: NoteVerifier, what: string): void {
    if (known.some(({ publicKey }) => publicKey.equals(verifier.publicKey))) {
      throw new Error(`the key of "${verifier.name}" is that of another ${what}`);
    }
    if (known.length === ENTRIES_MAX) throw new Error(`more than ${ENTRIES_MAX} ${what} lines`);
  }
}

/** Tab is white space here; other control characters of ASCII have no place. */
const hasControlCharacter = (line: string) =>
  [...line].some((character) => character !== '\t' && (character < ' ' || character === '\x7f'));

/** Reads a policy file. Throws a LogError that names the line. */
export function parsePolicy(text: string): Policy {
  if (text.length > POLICY_CHARACTERS_MAX) {
    throw new LogError('MALFORMED_POLICY', `longer than ${POLICY_CHARACTERS_MAX} characters: not a policy`);
  }
  const reader = new Reader();
  for (const [at, line] of text.split('\n').entries()) {
    try {
      if (hasControlCharacter(line)) throw new Error('holds a control character');
      const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
      if (keyword !== undefined && !keyword.startsWith('#')) reader.take(keyword, words);
    } catch (error) {
      throw new LogError(
        'MALFORMED_POLICY',
        `line ${at + 1}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  const { logs, witnesses, quorum } = reader;
  if (quorum === undefined) throw new LogError('MALFORMED_POLICY', 'there is no quorum line');
  return { logs, witnesses, quorum };
}

/** The name in a policy of `policyOfKeys` under which a log's own post-quantum key cosigns. */
const OWN_COSIGNER = 'the log itself, with ML-DSA-44';

/**
 * The policy of somebody who has a log's keys and asks for no witnesses: signed with its Ed25519 key and, when that is given too, with its
 * ML-DSA-44 key. `vkeys`: one or both, separated by white space.
 */
export function policyOfKeys(vkeys: string): Policy {
  const keys = vkeys.trim().split(/\s+/);
  const signers = keys.filter((vkey) => !isCosigner(splitVkey(vkey).type)).map(parseVkey);
  const cosigners = keys.filter((vkey) => isCosigner(splitVkey(vkey).type)).map(parseCosignerVkey);
  const [signer, ...others] = signers;
  const [cosigner, ...more] = cosigners;
  if (signer === undefined || others.length + more.length > 0) {
    throw new LogError('MALFORMED_KEY', 'a log has one Ed25519 key, and beside it at most one of ML-DSA-44');
  }
  if (cosigner === undefined) return { logs: [signer], witnesses: [], quorum: { type: 'none' } };
  if (cosigner.name !== signer.name || cosigner.type !== SIGNATURE_TYPE.mlDsa44Cosignature) {
    throw new LogError(
      'MALFORMED_KEY',
      `"${cosigner.name}" is not the ML-DSA-44 key of the log "${signer.name}"`,
    );
  }
  return {
    logs: [signer],
    witnesses: [{ name: OWN_COSIGNER, verifier: cosigner }],
    quorum: { type: 'witness', name: OWN_COSIGNER },
  };
}

/** Whether these witnesses are enough. Pure. */
export function isMet(rule: Rule, cosigned: ReadonlySet<string>): boolean {
  if (rule.type === 'none') return true;
  if (rule.type === 'witness') return cosigned.has(rule.name);
  return rule.members.filter((member) => isMet(member, cosigned)).length >= rule.threshold;
}

/** A quorum in words: `2 of (a, b, c)`. */
export function describeRule(rule: Rule): string {
  if (rule.type === 'none') return 'no witness';
  if (rule.type === 'witness') return rule.name;
  return `${rule.threshold} of (${rule.members.map(describeRule).join(', ')})`;
}
