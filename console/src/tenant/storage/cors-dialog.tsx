/** One rule of which web pages may use a bucket, and what they may do. */
import { Checkbox, FormGroup } from '@patternfly/react-core';
import { useState } from 'react';
import type { BucketSpec } from '../../../../src/services/objects/bucket/bucket.ts';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { LinesField, linesOf } from './lines-field.tsx';

export type CorsRule = NonNullable<BucketSpec['cors']>[number];
type Method = CorsRule['allowedMethods'][number];

const METHODS: readonly Method[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
const SECONDS_MAX = 86_400;
/** One star in each, as S3 has it. */
const ORIGIN = /^(?:\*|https?:\/\/[^\s/*]*\*?[^\s/*]*)$/;

export interface CorsDialogProps {
  /** Undefined: a new one. */
  readonly rule: CorsRule | undefined;
  onSave(rule: CorsRule): Promise<unknown>;
  onClose(): void;
}

export function CorsDialog({ rule, onSave, onClose }: CorsDialogProps) {
  const { say } = useTexts();
  const [origins, setOrigins] = useState(rule?.allowedOrigins.join('\n') ?? '');
  const [methods, setMethods] = useState<readonly Method[]>(rule?.allowedMethods ?? ['GET', 'HEAD']);
  const [headers, setHeaders] = useState(rule?.allowedHeaders?.join('\n') ?? '');
  const [exposed, setExposed] = useState(rule?.exposeHeaders?.join('\n') ?? '');
  const [seconds, setSeconds] = useState(`${rule?.maxAgeSeconds ?? ''}`);
  const from = linesOf(origins);
  const isWrongOrigin = from.some((origin) => !ORIGIN.test(origin));
  const isWrongAge = seconds !== '' && !(/^\d{1,5}$/.test(seconds) && Number(seconds) <= SECONDS_MAX);
  const [sent, read] = [linesOf(headers), linesOf(exposed)];
  const save = () =>
    onSave({
      ...(rule?.id === undefined ? {} : { id: rule.id }),
      allowedOrigins: [...from],
      allowedMethods: METHODS.filter((method) => methods.includes(method)),
      ...(sent.length === 0 ? {} : { allowedHeaders: [...sent] }),
      ...(read.length === 0 ? {} : { exposeHeaders: [...read] }),
      ...(seconds === '' ? {} : { maxAgeSeconds: Number(seconds) }),
    });
  return (
    <Ask
      title={say(rule === undefined ? 'storage.cors.new' : 'storage.cors.edit')}
      confirm={say('save')}
      isIncomplete={from.length === 0 || methods.length === 0 || isWrongOrigin || isWrongAge}
      onConfirm={save}
      onClose={onClose}
    >
      <LinesField
        id="cors-origins"
        label={say('storage.cors.origins')}
        hint={say('storage.cors.origins.hint')}
        value={origins}
        isRequired
        isWrong={isWrongOrigin}
        onChange={setOrigins}
      />
      <FormGroup role="group" label={say('storage.cors.methods')} isInline fieldId="cors-methods" isRequired>
        {METHODS.map((method) => (
          <Checkbox
            key={method}
            id={`cors-${method}`}
            label={method}
            isChecked={methods.includes(method)}
            onChange={(_event, isChecked) =>
              setMethods(isChecked ? [...methods, method] : methods.filter((one) => one !== method))
            }
          />
        ))}
      </FormGroup>
      <LinesField
        id="cors-headers"
        label={say('storage.cors.headers')}
        hint={say('storage.cors.headers.hint')}
        value={headers}
        onChange={setHeaders}
      />
      <LinesField
        id="cors-exposed"
        label={say('storage.cors.exposed')}
        value={exposed}
        onChange={setExposed}
      />
      <TextField
        id="cors-age"
        type="number"
        label={say('storage.cors.age')}
        hint={say('storage.cors.age.hint')}
        value={seconds}
        isWrong={isWrongAge}
        onChange={setSeconds}
      />
    </Ask>
  );
}
