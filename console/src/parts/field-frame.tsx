/** What is around a field: its label, and below it a word on what belongs into it, which is read aloud with the field. */
import { FormGroup, FormHelperText, HelperText, HelperTextItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';

export interface FieldFrameProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isRequired?: boolean;
  readonly isWrong?: boolean;
}

/** What the field itself takes of it. */
export const framed = ({ id, hint, isRequired = false, isWrong = false }: FieldFrameProps) => ({
  id,
  isRequired,
  validated: isWrong ? ('error' as const) : ('default' as const),
  ...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }),
});

export function FieldFrame({
  id,
  label,
  hint,
  isRequired = false,
  isWrong = false,
  children,
}: FieldFrameProps & { readonly children: ReactNode }) {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {children}
      {hint !== undefined && (
        <FormHelperText>
          <HelperText id={`${id}-hint`}>
            <HelperTextItem variant={isWrong ? 'error' : 'default'}>{hint}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
