/** Sets until when a version is locked, and how: longer at any time; shorter only in governance, by whoever may pass over that and says so. */
import { ActionGroup, Alert, Button, Checkbox, Form, FormGroup, Radio } from '@patternfly/react-core';
import { useState } from 'react';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import type { LockMode } from './document.ts';
import type { ObjectHead } from './object-head.ts';
import { timeText } from './units.ts';

const MODES: readonly LockMode[] = ['GOVERNANCE', 'COMPLIANCE'];
const DAY_MS = 86_400_000;
const FIRST_DAYS = 30;

export interface NewLock {
  readonly mode: LockMode;
  readonly until: Date;
  readonly passesOver: boolean;
}

export interface LockFormProps {
  readonly lock: ObjectHead['lock'];
  readonly mayPassOver: boolean;
  readonly isBusy: boolean;
  onSave(lock: NewLock): void;
  onCancel(): void;
}

export function LockForm({ lock, mayPassOver, isBusy, onSave, onCancel }: LockFormProps) {
  const { say, language } = useTexts();
  const [mode, setMode] = useState<LockMode>(lock?.mode ?? 'GOVERNANCE');
  const [passesOver, setPassesOver] = useState(false);
  const [day, setDay] = useState(() =>
    (lock?.until ?? new Date(Date.now() + FIRST_DAYS * DAY_MS).toISOString()).slice(0, 10),
  );
  const until = new Date(`${day}T23:59:59Z`);
  const isPast = Number.isNaN(until.getTime()) || until.getTime() <= Date.now();
  const isLess = lock !== undefined && until.getTime() < Date.parse(lock.until);
  const isKept = isLess && (lock.mode === 'COMPLIANCE' || !mayPassOver);
  const takesPassing = isLess && !isKept;
  const isWrong = isPast || isKept;
  return (
    <Form
      isWidthLimited
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWrong && (!takesPassing || passesOver)) onSave({ mode, until, passesOver });
      }}
    >
      <FormGroup role="radiogroup" label={say('storage.lock.mode')} fieldId="lock-mode">
        {MODES.map((one) => (
          <Radio
            key={one}
            id={`lock-mode-${one}`}
            name="lock-mode"
            isChecked={mode === one}
            isDisabled={one === 'GOVERNANCE' && lock?.mode === 'COMPLIANCE'}
            label={say(
              one === 'GOVERNANCE' ? 'storage.lock.mode.governance' : 'storage.lock.mode.compliance',
            )}
            description={say(
              one === 'GOVERNANCE'
                ? 'storage.lock.mode.governance.hint'
                : 'storage.lock.mode.compliance.hint',
            )}
            onChange={() => setMode(one)}
          />
        ))}
      </FormGroup>
      <TextField
        id="lock-until"
        label={say('storage.lock.until')}
        type="date"
        value={day}
        isRequired
        isWrong={isWrong}
        hint={
          isKept
            ? say('storage.lock.until.less', { until: timeText(lock.until, language) })
            : isPast
              ? say('storage.lock.until.past')
              : undefined
        }
        onChange={setDay}
      />
      {takesPassing && (
        <Checkbox
          id="lock-pass-over"
          isChecked={passesOver}
          onChange={(_event, isChecked) => setPassesOver(isChecked)}
          label={say('storage.lock.passOver')}
          description={say('storage.lock.passOver.hint')}
        />
      )}
      {mode === 'COMPLIANCE' && (
        <Alert component="p" variant="warning" isInline title={say('storage.lock.compliance.warning')} />
      )}
      <ActionGroup>
        <Button
          type="submit"
          isLoading={isBusy}
          isDisabled={isBusy || isWrong || (takesPassing && !passesOver)}
        >
          {say('storage.lock.apply')}
        </Button>
        <Button variant="link" onClick={onCancel}>
          {say('cancel')}
        </Button>
      </ActionGroup>
    </Form>
  );
}
