/** Below a field: what is wrong with it, and what it is. What the API says of it that we have no words for is in English, and says so to who reads aloud. */
import { FormHelperText, HelperText, HelperTextItem } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { Description } from '../texts/use-field-texts.tsx';
import { fieldId, useForm } from './form-context.ts';
import type { FieldProblem } from './problems.ts';

export interface FieldNotesProps {
  readonly path: string;
  readonly description: string;
  /** Why it cannot be changed. */
  readonly isFixed?: boolean;
}

export const notesId = (path: string): string => `${fieldId(path)}:notes`;

/** What is wrong with this very field. */
export function useProblems(path: string): readonly FieldProblem[] {
  return useForm().problems.filter((problem) => problem.path === path);
}

export function FieldNotes({ path, description, isFixed = false }: FieldNotesProps) {
  const { say } = useTexts();
  const problems = useProblems(path);
  if (problems.length === 0 && description === '' && !isFixed) return null;
  return (
    <FormHelperText>
      <HelperText id={notesId(path)} isLiveRegion>
        {problems.map(({ what }) => (
          <HelperTextItem key={'id' in what ? what.id : what.message} variant="error">
            {'id' in what ? say(what.id, what.values) : <span lang="en">{what.message}</span>}
          </HelperTextItem>
        ))}
        {isFixed && <HelperTextItem variant="indeterminate">{say('forms.immutable')}</HelperTextItem>}
        {description !== '' && (
          <HelperTextItem>
            <Description text={description} />
          </HelperTextItem>
        )}
      </HelperText>
    </FormHelperText>
  );
}
