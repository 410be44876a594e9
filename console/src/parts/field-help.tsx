/** What belongs into a field, below it; in red once it is clear that it does not stand there. */
import { FormHelperText, HelperText, HelperTextItem } from '@patternfly/react-core';

export interface FieldHelpProps {
  readonly text: string;
  readonly isWrong?: boolean;
  /** For `aria-describedby`. */
  readonly id?: string;
}

export function FieldHelp({ text, isWrong = false, id }: FieldHelpProps) {
  return (
    <FormHelperText>
      <HelperText {...(id === undefined ? {} : { id })}>
        <HelperTextItem variant={isWrong ? 'error' : 'default'}>{text}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}
