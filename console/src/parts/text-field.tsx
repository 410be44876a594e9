/** A field for one line of text, with a word on what belongs into it. */
import { TextInput } from '@patternfly/react-core';
import { FieldFrame, type FieldFrameProps, framed } from './field-frame.tsx';

export interface TextFieldProps extends FieldFrameProps {
  readonly value: string;
  readonly type?: 'text' | 'number' | 'date' | 'time';
  onChange(value: string): void;
}

export function TextField({ value, type = 'text', onChange, ...frame }: TextFieldProps) {
  return (
    <FieldFrame {...frame}>
      <TextInput
        {...framed(frame)}
        type={type}
        value={value}
        autoComplete="off"
        onChange={(_event, next) => onChange(next)}
      />
    </FieldFrame>
  );
}
