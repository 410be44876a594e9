/** Above a form: what stands against it, with a way to each field. */
import { Alert, Button, List, ListItem } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { fieldId } from './form-context.ts';
import type { FieldProblem } from './problems.ts';

const SHOWN_MAX = 10;

export interface ProblemSummaryProps {
  readonly title: string;
  readonly problems: readonly FieldProblem[];
}

export function ProblemSummary({ title, problems }: ProblemSummaryProps) {
  const { say } = useTexts();
  return (
    <Alert variant="danger" component="h2" isInline isLiveRegion title={title}>
      <List isPlain>
        {problems.slice(0, SHOWN_MAX).map(({ path, what }) => (
          <ListItem key={`${path} ${'id' in what ? what.id : what.message}`}>
            {path !== '' && (
              <>
                <Button
                  variant="link"
                  isInline
                  onClick={() => document.getElementById(fieldId(path))?.focus()}
                >
                  {path}
                </Button>
                {say('pair', { name: '', value: '' })}
              </>
            )}
            {'id' in what ? say(what.id, what.values) : <span lang="en">{what.message}</span>}
          </ListItem>
        ))}
        {problems.length > SHOWN_MAX && <ListItem>…</ListItem>}
      </List>
    </Alert>
  );
}
