/** How bad a vulnerability is, as a word with a colour: never by the colour alone. */
import { Label } from '@patternfly/react-core';
import type { Severity } from '../../../../src/gap/advisories/model.ts';
import { useTexts } from '../../texts/texts.ts';

/** The worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

const COLOURS = {
  critical: 'red',
  high: 'orange',
  medium: 'yellow',
  low: 'blue',
  negligible: 'grey',
  unknown: 'grey',
} as const satisfies Readonly<Record<Severity, string>>;

export interface SeverityLabelProps {
  readonly severity: Severity;
  readonly count?: number;
}

export function SeverityLabel({ severity, count }: SeverityLabelProps) {
  const { say } = useTexts();
  const text = say(`operator.severity.${severity}`);
  return <Label color={COLOURS[severity]}>{count === undefined ? text : `${count} ${text}`}</Label>;
}
