/** What a check of content finds, and the rules there are. Plain data. */

/** What becomes of a finding. */
export const ACTIONS = ['block', 'warn', 'off'] as const;
export type Action = (typeof ACTIONS)[number];

export interface RuleDefinition {
  readonly what: string;
  /** Where the policy says nothing. */
  readonly action: Action;
  /** A policy cannot turn it off: without it the others could be walked around. */
  readonly always?: true;
}

/** In the order in which they are told. */
export const RULES = {
  label: {
    what: 'the label of the request, or a marking in its content, is above what may leave',
    action: 'block',
  },
  policy: { what: 'a policy that does not let it out any more', action: 'block', always: true },
  type: { what: 'a type of content that the policy does not let out', action: 'block', always: true },
  unread: { what: 'a type that the policy lets out, and that nothing here can read', action: 'warn' },
  polyglot: {
    what: 'content that is one thing to one program and another to another',
    action: 'block',
    always: true,
  },
  archive: { what: 'an archive that cannot be looked into as a whole', action: 'block', always: true },
  unchecked: { what: 'content whose check came to no end', action: 'block', always: true },
  content: { what: 'content that is not what the request says', action: 'block', always: true },
  'private-key': { what: 'a private key', action: 'block' },
  'cloud-key': { what: 'a key to a cloud', action: 'block' },
  token: { what: 'a token or a session', action: 'block' },
  password: { what: 'a password that stands in the text', action: 'warn' },
  'high-entropy': { what: 'a text that looks random, as secrets do', action: 'warn' },
  'encoded-data': { what: 'a long run of encoded data, which nobody looked into', action: 'warn' },
  email: { what: 'an e-mail address', action: 'warn' },
  phone: { what: 'a telephone number in its international form', action: 'warn' },
  iban: { what: 'a bank account (IBAN)', action: 'block' },
  'payment-card': { what: 'the number of a payment card', action: 'block' },
  'national-id': { what: 'the number that a state knows a person by', action: 'block' },
} as const satisfies Readonly<Record<string, RuleDefinition>>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as [RuleName, ...RuleName[]];

export interface Finding {
  readonly rule: RuleName;
  /** The file, and within archives the members that lead there: `logs.tar.gz!/app/1.log`. */
  readonly file: string;
  /** More exactly what was found: `GitHub token`. */
  readonly what: string;
  /** From 1; absent where there are no lines. */
  readonly line?: number;
  /** In bytes of the file or member, from 0; absent where it is about the whole. */
  readonly offset?: number;
  /** Enough to recognize it, never enough to use it. */
  readonly excerpt?: string;
}

const SHOWN_MAX = 4;

/** `AKIA…(20)`: at most a quarter of it, and nothing that a terminal would obey. */
export function masked(text: string): string {
  const shown = text.slice(0, Math.min(SHOWN_MAX, Math.floor(text.length / 4)));
  return `${shown.replaceAll(/[^\x20-\x7e]/g, '·')}…(${text.length})`;
}
