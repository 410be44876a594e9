/** A new instance on one screen: the form, what stands against it, and the same as code beside it. Then its terminal. */
import { ActionGroup, Alert, Button, Content, Form, Grid, GridItem } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { AsCode } from '../../../forms/as-code.tsx';
import type { Fields } from '../../../forms/value.ts';
import { problemText } from '../../../shell/problem.tsx';
import { useTexts } from '../../../texts/texts.ts';
import { Line } from '../choice.tsx';
import { INSTANCES } from '../instance.ts';
import { type StepProblem, takeSteps } from './create-steps.ts';
import { FirstStartFields } from './first-start-fields.tsx';
import { stepsFor } from './new-instance.ts';
import { NetworkFields, ProjectFields } from './place-fields.tsx';
import { SizeFields } from './size-fields.tsx';
import { SourceField } from './source-field.tsx';
import { type FieldsProps, type Offered, useNewInstance } from './use-new-instance.ts';

export function CreateForm(offered: Offered) {
  const { say } = useTexts();
  const navigate = useNavigate();
  const draft = useNewInstance(offered);
  const { said, wanted } = draft;
  const steps = stepsFor(wanted);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<StepProblem>();
  const made = useRef(new Set<string>());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    const failed = await takeSteps(steps, made.current);
    setBusy(false);
    setProblem(failed);
    if (failed === undefined)
      void navigate({
        to: `/resources/${INSTANCES}/${wanted.project}/${encodeURIComponent(wanted.name)}`,
        search: { project: wanted.project, tab: 'terminal' } as never,
      });
  };
  const fields: FieldsProps = { draft, offered, wrong: problem?.fields ?? {} };
  return (
    <Grid hasGutter>
      <GridItem span={12} xl={7}>
        <Form onSubmit={(event) => void submit(event)}>
          <Content component="p">{say('compute.create.intro')}</Content>
          {problem !== undefined && (
            <Alert component="p" isInline isLiveRegion variant="danger" title={say('compute.create.failed')}>
              {problemText(problem.error, say)}
            </Alert>
          )}
          <ProjectFields {...fields} />
          <Line
            id="create-name"
            label={say('compute.create.name')}
            help={say('compute.create.name.help')}
            isRequired
            value={said.name}
            onChange={(name) => draft.change({ name })}
            problem={fields.wrong.name}
          />
          <SourceField {...fields} />
          <SizeFields {...fields} />
          <NetworkFields {...fields} />
          <FirstStartFields {...fields} />
          <ActionGroup>
            <Button type="submit" isLoading={isBusy} isAriaDisabled={isBusy}>
              {say('compute.create.submit')}
            </Button>
            <Button variant="link" onClick={() => history.back()}>
              {say('cancel')}
            </Button>
          </ActionGroup>
        </Form>
      </GridItem>
      <GridItem span={12} xl={5} className="casemate-beside">
        <AsCode objects={steps.map(({ body }) => body as unknown as Fields)} />
      </GridItem>
    </Grid>
  );
}
