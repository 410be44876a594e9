/** Somebody else changed the object meanwhile: what they changed, what one changed oneself, and one's own taken onto theirs. */
import {
  ActionList,
  ActionListGroup,
  ActionListItem,
  Alert,
  Button,
  Stack,
  StackItem,
  Title,
} from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { DiffView } from './diff-view.tsx';
import { toYaml } from './manifest.ts';
import { takeOnto } from './merge.ts';
import type { Fields } from './value.ts';

export interface ConflictViewProps {
  /** As it was when somebody began to write; what they wrote; and what is there now: of each what people can change. */
  readonly base: Fields;
  readonly mine: Fields;
  readonly theirs: Fields;
  onTake(merged: Fields): void;
  onDrop(): void;
}

export function ConflictView({ base, mine, theirs, onTake, onDrop }: ConflictViewProps) {
  const { say } = useTexts();
  const { value, clashes } = takeOnto(base, mine, theirs);
  const before = toYaml(base);
  return (
    <Stack hasGutter>
      <StackItem>
        <Alert variant="warning" component="h2" isInline isLiveRegion title={say('forms.conflict.title')}>
          <p>{say('error.conflict')}</p>
          <p>
            {clashes.length === 0
              ? say('forms.conflict.clean')
              : say('forms.conflict.clashes', { fields: clashes.join(', ') })}
          </p>
        </Alert>
      </StackItem>
      <StackItem>
        <Title headingLevel="h2" size="md">
          {say('forms.conflict.theirs')}
        </Title>
        <DiffView label={say('forms.conflict.theirs')} before={before} after={toYaml(theirs)} />
      </StackItem>
      <StackItem>
        <Title headingLevel="h2" size="md">
          {say('forms.conflict.mine')}
        </Title>
        <DiffView label={say('forms.conflict.mine')} before={before} after={toYaml(mine)} />
      </StackItem>
      <StackItem>
        <ActionList>
          <ActionListGroup>
            <ActionListItem>
              <Button onClick={() => onTake(value as Fields)}>{say('forms.conflict.take')}</Button>
            </ActionListItem>
            <ActionListItem>
              <Button variant="link" isDanger onClick={onDrop}>
                {say('forms.conflict.drop')}
              </Button>
            </ActionListItem>
          </ActionListGroup>
        </ActionList>
      </StackItem>
    </Stack>
  );
}
