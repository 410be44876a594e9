/** What came of verifying: step by step, in words, and an alarm where it is one. */
import { Alert, Content, List, ListItem } from '@patternfly/react-core';
import { CheckCircleIcon } from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import { MinusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/minus-circle-icon';
import { Link } from '@tanstack/react-router';
import { type Say, useTexts } from '../texts/texts.ts';
import type { LogName } from './log-reader.ts';
import { useMayReadLog } from './may-read.ts';
import type { Step, Verdict } from './verify.ts';

export interface VerdictAlertProps {
  readonly verdict: Verdict;
  /** Where the key can be compared; absent on that very page. */
  readonly log?: LogName;
  /** Below which heading it stands. */
  readonly level?: 'h2' | 'h3';
}

export function VerdictAlert({ verdict, log, level = 'h2' }: VerdictAlertProps) {
  const { say } = useTexts();
  const { isVerified, steps, key, keyFrom } = verdict;
  const isAlarm = steps.some(({ error }) =>
    ['key-changed', 'rolled-back', 'rewritten'].includes(error?.problem ?? ''),
  );
  return (
    <Alert
      isInline
      isLiveRegion
      component={level}
      variant={isVerified ? 'success' : 'danger'}
      title={say(isVerified ? 'proof.verified' : 'proof.notVerified')}
    >
      <List isPlain>
        {steps.map((step) => (
          <ListItem key={step.name} icon={<StepIcon step={step} />}>
            {stepText(step, verdict, say)}
          </ListItem>
        ))}
      </List>
      {isAlarm && <Content component="p">{say('proof.alarm')}</Content>}
      {key !== undefined && log !== undefined && (
        <Content component="p">
          {say(keyFrom === 'paper' ? 'proof.key.paper' : 'proof.key.firstSight', { id: key.keyId })}{' '}
          <CompareLink log={log} />
        </Content>
      )}
    </Alert>
  );
}

function CompareLink({ log }: { readonly log: LogName }) {
  const { say } = useTexts();
  if (!useMayReadLog(log)) return null;
  return (
    <Link to="/ledger" search={{ log } as never}>
      {say('proof.key.compare')}
    </Link>
  );
}

function StepIcon({ step: { state } }: { readonly step: Step }) {
  if (state === 'good') return <CheckCircleIcon />;
  return state === 'bad' ? <ExclamationCircleIcon /> : <MinusCircleIcon />;
}

function stepText({ name, state, error, isUnsupported }: Step, { isOfObject }: Verdict, say: Say): string {
  if (error !== undefined) return `${say(`proof.problem.${error.problem}`)} (${error.message})`;
  if (state === 'good')
    return say(name === 'leaf' && isOfObject === true ? 'proof.step.leaf.object' : `proof.step.${name}`);
  if (name === 'growth') return say('proof.step.growth.absent');
  if (name === 'postQuantum')
    return say(
      isUnsupported === true ? 'proof.step.postQuantum.unsupported' : 'proof.step.postQuantum.absent',
    );
  return say(name === 'body' ? 'proof.step.body.absent' : 'proof.step.record.absent');
}
