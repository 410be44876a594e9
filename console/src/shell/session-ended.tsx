/** The session has ended: whoever signs in again, in a window of its own, goes on with the page as it is. */
import { Alert, AlertActionCloseButton, AlertActionLink } from '@patternfly/react-core';
import { useState } from 'react';
import { connection } from '../api/connection.ts';
import { signIn, signInAgain } from '../session/session.ts';
import { openWindow } from '../session/sign-in-window.ts';
import { useTexts } from '../texts/texts.ts';
import { startAnew } from './page-root.ts';

type Step = 'ended' | 'window' | 'failed';

export function SessionEnded() {
  const { say } = useTexts();
  const [step, setStep] = useState<Step>('ended');
  const again = async () => {
    const opened = openWindow();
    if (opened === undefined) return signIn(`${location.pathname}${location.search}${location.hash}`);
    setStep('window');
    try {
      if ((await signInAgain(opened)) === 'other') startAnew();
      else connection.resumed();
    } catch {
      setStep('failed');
    }
  };
  return (
    <Alert
      variant="danger"
      component="p"
      isInline
      isLiveRegion
      title={say('connection.ended')}
      actionLinks={
        <AlertActionLink onClick={() => void again()}>
          {say(step === 'window' ? 'connection.ended.window.again' : 'connection.ended.again')}
        </AlertActionLink>
      }
    >
      {say(STEPS[step])}
    </Alert>
  );
}

const STEPS = {
  ended: 'connection.ended.body',
  window: 'connection.ended.window',
  failed: 'connection.ended.failed',
} as const satisfies Record<Step, string>;

export function SessionResumed({ onClose }: { onClose(): void }) {
  const { say } = useTexts();
  return (
    <Alert
      variant="success"
      component="p"
      isInline
      isLiveRegion
      title={say('connection.resumed')}
      actionClose={<AlertActionCloseButton aria-label={say('close')} onClose={onClose} />}
    />
  );
}
