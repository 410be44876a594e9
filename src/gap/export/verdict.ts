/** Adds up what was found, as the policy weighs it. Pure. */
import type { Finding, RuleName } from './check/finding.ts';
import { FINDINGS_MAX, FINDINGS_PER_RULE_MAX } from './limits.ts';
import { actionFor, type ExportRules } from './policy-kind.ts';
import type { ExportStatus, ShownFinding } from './request-kind.ts';

const WHAT_MAX = 1_000;

export class Verdict {
  readonly #policy: ExportRules;
  readonly #counts = new Map<RuleName, number>();
  /** Shown so far, by rule, and by rule and file. */
  readonly #shown = new Map<string, number>();
  readonly #findings: Finding[] = [];

  constructor(policy: ExportRules) {
    this.#policy = policy;
  }

  /** `times`: how often it was found. */
  readonly add = (finding: Finding, times = 1): void => {
    const { rule, file } = finding;
    if (actionFor(this.#policy, rule).action === 'off') return;
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + times);
    const place = `${rule}\0${file}`;
    const shown = (this.#shown.get(place) ?? 0) + 1;
    const ofRule = (this.#shown.get(rule) ?? 0) + 1;
    // Places too are bounded, for archives have many members; rule by rule, so that none hides another.
    if (shown > FINDINGS_PER_RULE_MAX || ofRule > FINDINGS_MAX) return;
    this.#shown.set(place, shown).set(rule, ofRule);
    this.#findings.push(finding);
  };

  #blocks(rule: RuleName): boolean {
    const { action, atLeast } = actionFor(this.#policy, rule);
    return action === 'block' && (this.#counts.get(rule) ?? 0) >= atLeast;
  }

  get isBlocked(): boolean {
    return [...this.#counts.keys()].some((rule) => this.#blocks(rule));
  }

  /** What blocks comes first. */
  get status(): Pick<ExportStatus, 'findings' | 'counts'> {
    const findings = this.#findings.map((finding): ShownFinding => {
      const { what, file } = finding;
      const action = this.#blocks(finding.rule) ? 'block' : 'warn';
      return { ...finding, action, what: what.slice(0, WHAT_MAX), file: file.slice(0, WHAT_MAX) };
    });
    const blocking = findings.filter(({ action }) => action === 'block');
    const warning = findings.filter(({ action }) => action === 'warn');
    return {
      findings: [...blocking, ...warning].slice(0, FINDINGS_MAX),
      counts: Object.fromEntries(this.#counts),
    };
  }
}
