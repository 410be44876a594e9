/** Versions, what locks what comes in, the quota and the key of a bucket. */
import {
  ActionGroup,
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
} from '@patternfly/react-core';
import { useState } from 'react';
import type { BucketSpec } from '../../../../src/services/objects/bucket/bucket.ts';
import { useLiveList } from '../../api/live-list.ts';
import { TextField } from '../../parts/text-field.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf } from './bucket.ts';
import { changeSpec, KINDS, useKind } from './kinds.ts';
import { isQuantity } from './quantity.ts';

type Retention = NonNullable<NonNullable<BucketSpec['objectLock']>['defaultRetention']>;
/** In the list; others are set by YAML. */
const KEYS_MAX = 1_000;
const DAYS_MAX = 36_500;

export interface SettingsFormProps extends TabProps {
  readonly isSaved: boolean;
  setSaved(isSaved: boolean): void;
}

export function SettingsForm({ resource, object, isSaved, setSaved }: SettingsFormProps) {
  const { say } = useTexts();
  const spec = bucketSpecOf(object);
  const before = spec.objectLock?.defaultRetention;
  const hasLock = spec.objectLock?.enabled === true;
  const [versioning, setVersioning] = useState(spec.versioning);
  const [mode, setMode] = useState<Retention['mode'] | ''>(before?.mode ?? '');
  const [days, setDays] = useState(daysOf(before));
  const [bytes, setBytes] = useState(String(spec.quota?.bytes ?? ''));
  const [key, setKey] = useState(spec.key ?? '');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const keys = useKind(KINDS.keys);
  const { rows } = useLiveList(keys, { project: object.metadata.namespace });
  const names = rows.map(({ object: one }) => one.metadata.name).slice(0, KEYS_MAX);
  const offered = key === '' || names.includes(key) ? names : [key, ...names];
  const number = Number(days);
  const isWrongDays = mode !== '' && !(Number.isInteger(number) && number >= 1 && number <= DAYS_MAX);
  const isWrongBytes = bytes !== '' && !isQuantity(bytes);
  const save = async () => {
    if (isWrongDays || isWrongBytes) return;
    setBusy(true);
    setProblem('');
    setSaved(false);
    try {
      await changeSpec(resource, object, {
        versioning,
        ...(hasLock
          ? {
              objectLock: {
                // A merge patch: what is not there any more has to be taken out by name.
                defaultRetention: mode === '' ? null : { mode, days: number, years: null },
              },
            }
          : {}),
        quota: bytes === '' ? (spec.quota?.objects === undefined ? null : { bytes: null }) : { bytes },
        key: key === '' ? null : key,
      });
      setSaved(true);
    } catch (error) {
      setProblem(problemText(error, say));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form
      isWidthLimited
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormGroup label={say('storage.bucket.versioning')} fieldId="versioning">
        <FormSelect
          id="versioning"
          value={versioning}
          isDisabled={hasLock}
          aria-describedby="versioning-hint"
          onChange={(_event, value) => setVersioning(value as BucketSpec['versioning'])}
        >
          {spec.versioning === 'off' && (
            <FormSelectOption value="off" label={say('storage.bucket.versioning.off')} />
          )}
          <FormSelectOption value="enabled" label={say('storage.bucket.versioning.enabled')} />
          {spec.versioning !== 'off' && (
            <FormSelectOption value="suspended" label={say('storage.bucket.versioning.suspended')} />
          )}
        </FormSelect>
        <FormHelperText>
          <HelperText id="versioning-hint">
            <HelperTextItem>
              {say(hasLock ? 'storage.bucket.versioning.locked' : 'storage.bucket.versioning.hint')}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      {hasLock && (
        <>
          <FormGroup label={say('storage.bucket.retention')} fieldId="retention-mode">
            <FormSelect
              id="retention-mode"
              value={mode}
              onChange={(_event, value) => setMode(value as Retention['mode'] | '')}
            >
              <FormSelectOption value="" label={say('storage.bucket.retention.none')} />
              <FormSelectOption value="GOVERNANCE" label={say('storage.lock.mode.governance')} />
              <FormSelectOption value="COMPLIANCE" label={say('storage.lock.mode.compliance')} />
            </FormSelect>
            <FormHelperText>
              <HelperText>
                <HelperTextItem>
                  {say(
                    mode === 'COMPLIANCE'
                      ? 'storage.lock.mode.compliance.hint'
                      : mode === 'GOVERNANCE'
                        ? 'storage.lock.mode.governance.hint'
                        : 'storage.bucket.retention.hint',
                  )}
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
          {mode !== '' && (
            <TextField
              id="retention-days"
              label={say('storage.bucket.retention.days')}
              type="number"
              hint={say('storage.bucket.retention.days.hint')}
              value={days}
              isRequired
              isWrong={isWrongDays}
              onChange={setDays}
            />
          )}
        </>
      )}
      <TextField
        id="quota"
        label={say('storage.bucket.quota')}
        hint={say('storage.bucket.quota.hint')}
        value={bytes}
        isWrong={isWrongBytes}
        onChange={setBytes}
      />
      <FormGroup label={say('storage.bucket.key')} fieldId="bucket-key">
        <FormSelect id="bucket-key" value={key} onChange={(_event, value) => setKey(value)}>
          <FormSelectOption value="" label={say('storage.encryption.own')} />
          {offered.map((one) => (
            <FormSelectOption key={one} value={one} label={one} />
          ))}
        </FormSelect>
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{say('storage.bucket.key.hint')}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      {isSaved && problem === '' && (
        <Alert component="p" variant="success" isInline isLiveRegion title={say('storage.bucket.saved')} />
      )}
      <ActionGroup>
        <Button type="submit" isLoading={isBusy} isDisabled={isBusy || isWrongDays || isWrongBytes}>
          {say('save')}
        </Button>
      </ActionGroup>
    </Form>
  );
}

const DAYS_OF_A_YEAR = 365;
const daysOf = (retention: Retention | undefined): string =>
  String(retention?.days ?? (retention?.years === undefined ? 30 : retention.years * DAYS_OF_A_YEAR));
