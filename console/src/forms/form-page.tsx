/** A form of an object with what stands against it above, what it can do below, and the same as code beside it. */
import {
  ActionList,
  ActionListGroup,
  ActionListItem,
  Alert,
  Button,
  Grid,
  GridItem,
  Stack,
  StackItem,
  Tooltip,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';
import type { Resource } from '../api/discovery.ts';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { AsCode } from './as-code.tsx';
import type { Draft } from './draft.ts';
import type { ObjectSchema } from './field-schema.ts';
import { ObjectForm } from './object-form.tsx';
import { ProblemSummary } from './problem-summary.tsx';
import type { Sending } from './sending.ts';
import type { Fields } from './value.ts';

export interface FormPageProps {
  readonly resource: Resource;
  readonly schema: ObjectSchema;
  readonly draft: Draft;
  readonly sending: Sending;
  /** What the form says, whole. */
  readonly object: Fields;
  readonly submit: string;
  /** Why it cannot be sent. */
  readonly whyNot: string | undefined;
  /** Beside the button that sends it. */
  readonly otherAction?: ReactNode;
  /** What else there is to say, above the form. */
  readonly notice?: ReactNode;
  onSubmit(): void;
}

export function FormPage(props: FormPageProps) {
  const { resource, schema, draft, sending, object, submit, whyNot, otherAction, notice, onSubmit } = props;
  return (
    <Grid hasGutter>
      <GridItem span={12} xl={7}>
        <Stack hasGutter>
          {notice !== undefined && <StackItem>{notice}</StackItem>}
          <Against draft={draft} refusal={sending.refusal} />
          <StackItem>
            <ObjectForm
              resource={resource}
              schema={schema}
              draft={draft}
              onSubmit={onSubmit}
              actions={
                <ActionList>
                  <ActionListGroup>
                    <ActionListItem>
                      <Tooltip
                        content={whyNot ?? ''}
                        trigger={whyNot === undefined ? 'manual' : 'mouseenter focus'}
                      >
                        <Button
                          type="submit"
                          isLoading={sending.isBusy}
                          isAriaDisabled={whyNot !== undefined || sending.isBusy}
                        >
                          {submit}
                        </Button>
                      </Tooltip>
                    </ActionListItem>
                    {otherAction !== undefined && <ActionListItem>{otherAction}</ActionListItem>}
                  </ActionListGroup>
                </ActionList>
              }
            />
          </StackItem>
        </Stack>
      </GridItem>
      <GridItem span={12} xl={5} className="casemate-beside">
        <AsCode objects={[object]} />
      </GridItem>
    </Grid>
  );
}

function Against({ draft, refusal }: { readonly draft: Draft; readonly refusal: unknown }) {
  const { say } = useTexts();
  const { problems } = draft.form;
  if (problems.length > 0)
    return (
      <StackItem>
        <ProblemSummary
          title={say(refusal === undefined ? 'forms.problems' : 'forms.refused', { count: problems.length })}
          problems={problems}
        />
      </StackItem>
    );
  if (refusal === undefined) return null;
  return (
    <StackItem>
      <Alert variant="danger" component="h2" isInline isLiveRegion title={problemText(refusal, say)} />
    </StackItem>
  );
}
