/** An instance as a machine: what it does now, its power, its size. What takes long goes on without this page, and says here how far it is. */
import {
  ActionGroup,
  Alert,
  Button,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Flex,
  FlexItem,
  Form,
  Label,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { useFieldTextsOf } from '../../texts/use-field-texts.tsx';
import './compute.css';
import { patchObject } from './change.ts';
import { Line } from './choice.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { HintedButton } from './hinted-button.tsx';
import { readyOf, specOf, statusOf } from './instance.ts';
import { type PowerAction, patchFor, possible } from './power.ts';

const ACTIONS: readonly PowerAction[] = ['start', 'stop', 'restart'];
const SIZES = ['cpu', 'memory', 'disk'] as const;
const FORM_WIDTH = '30rem';

export function MachineTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const { texts } = useFieldTextsOf('compute.casemate.internal');
  const spec = specOf(object);
  const status = statusOf(object);
  const phase = status.phase ?? 'Pending';
  const ready = readyOf(object);
  const [asked, setAsked] = useState<PowerAction>();
  const [problem, setProblem] = useState<unknown>();
  const whyNot = possible(spec, status, object.metadata.deletionTimestamp !== undefined);
  const isWorking = !ready.isCurrent || !['Running', 'Stopped', 'Failed'].includes(phase);
  const act = (action: PowerAction) =>
    patchObject(resource, object, patchFor(action, new Date().toISOString()));
  const start = () => {
    setProblem(undefined);
    act('start').catch(setProblem);
  };
  const { name } = object.metadata;
  return (
    <>
      <Flex>
        {ACTIONS.map((action) => {
          const reason = whyNot[action];
          return (
            <FlexItem key={action}>
              <HintedButton
                variant={action === 'start' && reason === undefined ? 'primary' : 'secondary'}
                whyNot={reason === undefined ? undefined : say(reason)}
                onClick={() => (action === 'start' ? start() : setAsked(action))}
              >
                {say(`compute.power.${action}`)}
              </HintedButton>
            </FlexItem>
          );
        })}
      </Flex>
      {problem !== undefined && (
        <Alert component="p" isInline isLiveRegion variant="danger" title={problemText(problem, say)} />
      )}
      <Title headingLevel="h2" className="casemate-heading">
        {say('compute.machine.now')}
      </Title>
      <DescriptionList isHorizontal isCompact aria-live="polite">
        <DescriptionListGroup>
          <DescriptionListTerm>{say('compute.machine.phase')}</DescriptionListTerm>
          <DescriptionListDescription>
            <Label
              status={ready.isReady ? 'success' : phase === 'Failed' ? 'danger' : 'info'}
              {...(isWorking
                ? { icon: <Spinner size="sm" aria-label={say('compute.machine.working')} /> }
                : {})}
            >
              {texts.word(phase) ?? phase}
            </Label>{' '}
            {isWorking ? say('compute.machine.working') : <RegionSays>{ready.message}</RegionSays>}
          </DescriptionListDescription>
        </DescriptionListGroup>
        {(status.addresses ?? []).map(({ network, address }) => (
          <DescriptionListGroup key={network}>
            <DescriptionListTerm>{say('compute.machine.address')}</DescriptionListTerm>
            <DescriptionListDescription>
              {address}{' '}
              <Link
                to={`/resources/networks.network.casemate.internal/${object.metadata.namespace}/${network}`}
              >
                {network}
              </Link>
            </DescriptionListDescription>
          </DescriptionListGroup>
        ))}
        {status.node !== undefined && (
          <DescriptionListGroup>
            <DescriptionListTerm>{say('compute.machine.node')}</DescriptionListTerm>
            <DescriptionListDescription>{status.node}</DescriptionListDescription>
          </DescriptionListGroup>
        )}
      </DescriptionList>
      <Title headingLevel="h2" className="casemate-heading">
        {say('compute.machine.size')}
      </Title>
      <ResizeForm key={`${spec.cpu} ${spec.memory} ${spec.disk}`} resource={resource} object={object} />
      {asked !== undefined && asked !== 'start' && (
        <ConfirmDialog
          title={say(`compute.power.${asked}.title`, { name })}
          body={say(`compute.power.${asked}.body`)}
          confirm={say(`compute.power.${asked}`)}
          act={() => act(asked)}
          onDone={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

function ResizeForm({ resource, object }: TabProps) {
  const { say } = useTexts();
  const spec = specOf(object);
  const was = { cpu: spec.cpu, memory: spec.memory, disk: spec.disk } as Readonly<Record<string, string>>;
  const [size, setSize] = useState(was);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const changed = SIZES.filter((field) => size[field]?.trim() !== was[field]);
  const causes = problem instanceof ApiError ? (problem.status.details?.causes ?? []) : [];
  const wrong = (field: string) => causes.find((cause) => cause.field === `spec.${field}`)?.message;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || changed.length === 0) return;
    setBusy(true);
    setProblem(undefined);
    const patch = Object.fromEntries(changed.map((field) => [field, size[field]?.trim()]));
    await patchObject(resource, object, { spec: patch }).catch(setProblem);
    setBusy(false);
  };
  const known = SIZES.some((field) => wrong(field) !== undefined);
  return (
    <Form onSubmit={(event) => void save(event)} style={{ maxWidth: FORM_WIDTH }}>
      {problem !== undefined && !known && (
        <Alert component="p" isInline isLiveRegion variant="danger" title={problemText(problem, say)} />
      )}
      {SIZES.map((field) => (
        <Line
          key={field}
          id={`resize-${field}`}
          label={say(`compute.${field}`)}
          help={say(`compute.${field}.help`)}
          isRequired
          value={size[field] ?? ''}
          onChange={(next) => setSize({ ...size, [field]: next })}
          problem={wrong(field)}
        />
      ))}
      <ActionGroup>
        <HintedButton
          variant="secondary"
          isLoading={isBusy}
          type="submit"
          whyNot={changed.length === 0 ? say('compute.resize.same') : undefined}
        >
          {say('compute.resize.submit')}
        </HintedButton>
        {changed.length > 0 && (
          <Button variant="link" onClick={() => setSize(was)}>
            {say('cancel')}
          </Button>
        )}
      </ActionGroup>
    </Form>
  );
}
