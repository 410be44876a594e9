/** How far a bundle is: as a word with a colour, and as steps. */
import { Label, ProgressStep, ProgressStepper } from '@patternfly/react-core';
import type { Phase } from '../../../../src/gap/import/import-kind.ts';
import { useTexts } from '../../texts/texts.ts';
import { type Import, phaseOf } from './import.ts';

const STATUS: Readonly<Record<Phase, 'success' | 'warning' | 'danger' | 'info' | undefined>> = {
  Receiving: 'info',
  Verifying: 'info',
  Scanning: 'info',
  AwaitingApproval: 'warning',
  Publishing: 'info',
  Published: 'success',
  Retiring: 'info',
  Retired: undefined,
  Refused: 'danger',
};

export function PhaseLabel({ phase }: { readonly phase: Phase }) {
  const { say } = useTexts();
  return <Label status={STATUS[phase]}>{say(`operator.phase.${phase}`)}</Label>;
}

const STEPS = ['Receiving', 'Verifying', 'Scanning', 'AwaitingApproval', 'Publishing', 'Published'] as const;
type Step = (typeof STEPS)[number];

/** Where a refused one was refused. Whatever cannot be received waits; all else that comes first is held against what was signed. Pure. */
function refusedAt({ spec, status }: Import): Step {
  if (spec.publish !== undefined) return 'Publishing';
  return status?.scan !== undefined || status?.bundle !== undefined ? 'Scanning' : 'Verifying';
}

export function PhaseSteps({ bundle }: { readonly bundle: Import }) {
  const { say } = useTexts();
  const phase = phaseOf(bundle);
  const isRefused = phase === 'Refused';
  const isOver = phase === 'Published' || phase === 'Retiring' || phase === 'Retired';
  const reached = isRefused ? refusedAt(bundle) : phase;
  const at = isOver ? STEPS.length : STEPS.indexOf(reached as Step);
  return (
    <ProgressStepper aria-label={say('operator.bundle.progress')}>
      {STEPS.map((step, index) => {
        const isCurrent = index === at;
        const variant =
          index < at
            ? 'success'
            : !isCurrent
              ? 'pending'
              : isRefused
                ? 'danger'
                : step === 'AwaitingApproval'
                  ? 'warning'
                  : 'info';
        return (
          <ProgressStep
            key={step}
            id={`step-${step}`}
            titleId={`step-${step}-title`}
            variant={variant}
            isCurrent={isCurrent}
            aria-label={say(`operator.step.${variant}`)}
            description={
              isCurrent ? say(isRefused ? 'operator.phase.Refused' : 'operator.step.now') : undefined
            }
          >
            {say(`operator.phase.${step}`)}
          </ProgressStep>
        );
      })}
    </ProgressStepper>
  );
}
