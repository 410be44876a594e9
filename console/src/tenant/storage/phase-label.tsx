/** How far a backup, a restore or one thing of it is: in words and colour. */
import { Label, type LabelProps } from '@patternfly/react-core';
import { type Say, useTexts } from '../../texts/texts.ts';

const STATUS: Readonly<Record<string, NonNullable<LabelProps['status']>>> = {
  Succeeded: 'success',
  Saved: 'success',
  Restored: 'success',
  Tested: 'success',
  Incomplete: 'warning',
  Failed: 'danger',
};

const WORDS = {
  Pending: 'storage.phase.Pending',
  Running: 'storage.phase.Running',
  Succeeded: 'storage.phase.Succeeded',
  Incomplete: 'storage.phase.Incomplete',
  Failed: 'storage.phase.Failed',
  Saved: 'storage.phase.Saved',
  Restored: 'storage.phase.Restored',
  Tested: 'storage.phase.Tested',
} as const;

export function phaseText(phase: string, say: Say): string {
  const word = (WORDS as Readonly<Record<string, (typeof WORDS)[keyof typeof WORDS]>>)[phase];
  return word === undefined ? phase : say(word);
}

export function PhaseLabel({ phase }: { readonly phase: string }) {
  const { say } = useTexts();
  const status = STATUS[phase];
  return (
    <Label {...(status === undefined ? { color: 'blue' as const } : { status })}>
      {phaseText(phase, say)}
    </Label>
  );
}
