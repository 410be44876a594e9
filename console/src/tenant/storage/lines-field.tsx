/** A field for several words, a line each. */
import { TextArea } from '@patternfly/react-core';
import { FieldFrame, type FieldFrameProps, framed } from '../../parts/field-frame.tsx';

export interface LinesFieldProps extends FieldFrameProps {
  readonly value: string;
  readonly isCode?: boolean;
  readonly rows?: number;
  onChange(value: string): void;
}

export const linesOf = (text: string): readonly string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

export function LinesField({ value, isCode = false, rows = 3, onChange, ...frame }: LinesFieldProps) {
  return (
    <FieldFrame {...frame}>
      <TextArea
        {...framed(frame)}
        value={value}
        rows={rows}
        spellCheck={false}
        resizeOrientation="vertical"
        className={isCode ? 'casemate-code' : ''}
        onChange={(_event, next) => onChange(next)}
      />
    </FieldFrame>
  );
}
