/** "May A talk to B?": asked of the region, and answered with the rule that decides. The question is part of the address. */
import {
  ActionGroup,
  Alert,
  Bullseye,
  Button,
  Content,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  EmptyState,
  EmptyStateBody,
  Form,
  Grid,
  GridItem,
  PageSection,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import type { FlowAnswer, FlowQuestionSpec } from '../../../../src/services/network/flow-question.ts';
import { askJson } from '../../api/client.ts';
import { Problem, problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import '../compute/compute.css';
import { Choice, Line } from '../compute/choice.tsx';
import { useProjectObjects } from './use-project-objects.ts';

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'other'] as const satisfies readonly FlowQuestionSpec['protocol'][];
const ADDRESS = ' address';
const FORM_WIDTH = '46rem';
/** `FirewallPolicy web: ingress[0]` */
const RULE = /^FirewallPolicy (?<name>[^:\s]+): /;

/** In the address: `?from=web&to=db&protocol=tcp&port=5432`. An end that is no instance is an address, or `forward/<name>`. */
interface Question {
  readonly from?: string;
  readonly to?: string;
  readonly protocol?: FlowQuestionSpec['protocol'];
  readonly port?: number | string;
}

const isAddress = (end: string) => /^[0-9.]+$/.test(end) && end.includes('.');

/** What is no number goes as it is, for the region to say so. */
const portOf = (text: number | string): number | string => {
  const number = Number(text);
  return Number.isInteger(number) && text !== '' ? number : text;
};

function specOf({ from = '', to = '', protocol = 'tcp', port }: Question): FlowQuestionSpec {
  const end = (text: string) => (isAddress(text) ? { address: text } : { instance: text });
  const hasPort = protocol === 'tcp' || protocol === 'udp';
  return {
    from: end(from),
    to: to.startsWith('forward/') ? { forward: to.slice('forward/'.length) } : end(to),
    protocol,
    ...(hasPort && port !== undefined && !to.startsWith('forward/') ? { port: portOf(port) as number } : {}),
  };
}

export function MayTalkPage() {
  const { say } = useTexts();
  const { project, isLoading, error, instances, forwards } = useProjectObjects();
  return (
    <PageSection isFilled aria-labelledby="talk-title">
      <Title headingLevel="h1" id="talk-title">
        {say('nav.mayTalk')}
      </Title>
      {error !== undefined ? (
        <Problem error={error} />
      ) : isLoading ? (
        <Bullseye>
          <Spinner aria-label={say('app.loading')} />
        </Bullseye>
      ) : project === undefined || instances.length === 0 ? (
        <EmptyState titleText={say('compute.talk.empty')} headingLevel="h2">
          <EmptyStateBody>
            {say('compute.talk.empty.body')}{' '}
            <Link to="/instances/new" search={{ project } as never}>
              {say('compute.create.title')}
            </Link>
          </EmptyStateBody>
        </EmptyState>
      ) : (
        <TalkForm
          key={project}
          project={project}
          instances={instances.map(({ metadata }) => metadata.name).sort()}
          forwards={forwards.map(({ metadata }) => metadata.name).sort()}
        />
      )}
    </PageSection>
  );
}

interface TalkFormProps {
  readonly project: string;
  readonly instances: readonly string[];
  readonly forwards: readonly string[];
}

interface End {
  readonly choice: string;
  readonly address: string;
}

const endOf = (text: string | undefined, otherwise: string): End =>
  text !== undefined && isAddress(text)
    ? { choice: ADDRESS, address: text }
    : { choice: text ?? otherwise, address: '' };

const textOf = ({ choice, address }: End) => (choice === ADDRESS ? address.trim() : choice);

function TalkForm({ project, instances, forwards }: TalkFormProps) {
  const { say } = useTexts();
  const navigate = useNavigate();
  const asked = useSearch({ strict: false }) as Question;
  const [from, setFrom] = useState(endOf(asked.from, instances[0] ?? ADDRESS));
  const [to, setTo] = useState(endOf(asked.to, instances[1] ?? instances[0] ?? ADDRESS));
  const [protocol, setProtocol] = useState(asked.protocol ?? 'tcp');
  const [port, setPort] = useState(String(asked.port ?? 22));
  const [answer, setAnswer] = useState<FlowAnswer>();
  const [problem, setProblem] = useState<unknown>();
  const question = JSON.stringify([asked.from, asked.to, asked.protocol, asked.port]);
  const [isBusy, setBusy] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the question as text stands for its parts
  useEffect(() => {
    setAnswer(undefined);
    setProblem(undefined);
    if (asked.from === undefined || asked.to === undefined) return;
    const stop = new AbortController();
    setBusy(true);
    const apiVersion = 'network.casemate.internal/v1';
    askJson<{ status: FlowAnswer }>(
      `/apis/${apiVersion}/namespaces/${encodeURIComponent(project)}/flowquestions`,
      {
        method: 'POST',
        body: { apiVersion, kind: 'FlowQuestion', spec: specOf(asked) },
        signal: stop.signal,
      },
    ).then(
      ({ status }) => {
        setBusy(false);
        setAnswer(status);
      },
      (error) => {
        if (stop.signal.aborted) return;
        setBusy(false);
        setProblem(error);
      },
    );
    return () => stop.abort();
  }, [project, question]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({
      to: '/networks/may-talk',
      search: { project, from: textOf(from), to: textOf(to), protocol, port: portOf(port) } as never,
      replace: true,
    });
  };
  const isForward = to.choice.startsWith('forward/');
  const ends = [
    ...instances.map((name) => ({ value: name, label: name })),
    { value: ADDRESS, label: say('compute.talk.address') },
  ];
  return (
    <Grid hasGutter>
      <GridItem lg={6}>
        <Form onSubmit={submit} style={{ maxWidth: FORM_WIDTH }}>
          <Content component="p">{say('compute.talk.intro')}</Content>
          <Choice
            id="talk-from"
            label={say('compute.talk.from')}
            value={from.choice}
            options={ends}
            onChange={(choice) => setFrom({ ...from, choice })}
          />
          {from.choice === ADDRESS && (
            <Line
              id="talk-from-address"
              label={say('compute.talk.from.address')}
              isRequired
              value={from.address}
              onChange={(address) => setFrom({ ...from, address })}
            />
          )}
          <Choice
            id="talk-to"
            label={say('compute.talk.to')}
            value={to.choice}
            options={[
              ...ends,
              ...forwards.map((name) => ({
                value: `forward/${name}`,
                label: say('compute.talk.forward', { name }),
              })),
            ]}
            onChange={(choice) => setTo({ ...to, choice })}
          />
          {to.choice === ADDRESS && (
            <Line
              id="talk-to-address"
              label={say('compute.talk.to.address')}
              isRequired
              value={to.address}
              onChange={(address) => setTo({ ...to, address })}
            />
          )}
          {!isForward && (
            <Choice
              id="talk-protocol"
              label={say('compute.talk.protocol')}
              value={protocol}
              options={PROTOCOLS.map((one) => ({
                value: one,
                label: one === 'other' ? say('compute.talk.other') : one.toUpperCase(),
              }))}
              onChange={(next) => setProtocol(PROTOCOLS.find((one) => one === next) ?? 'tcp')}
            />
          )}
          {!isForward && (protocol === 'tcp' || protocol === 'udp') && (
            <Line
              id="talk-port"
              label={say('compute.talk.port')}
              help={say('compute.talk.port.help')}
              isRequired
              value={port}
              onChange={setPort}
            />
          )}
          <ActionGroup>
            <Button type="submit" isLoading={isBusy} isAriaDisabled={isBusy}>
              {say('compute.talk.submit')}
            </Button>
          </ActionGroup>
        </Form>
      </GridItem>
      <GridItem lg={6}>
        {problem !== undefined && (
          <Alert component="p" isInline isLiveRegion variant="warning" title={problemText(problem, say)} />
        )}
        {answer !== undefined && <Answer answer={answer} project={project} />}
      </GridItem>
    </Grid>
  );
}

function Answer({ answer, project }: { readonly answer: FlowAnswer; readonly project: string }) {
  const { say } = useTexts();
  const { allowed, reason, rule, source, destination, port } = answer;
  const policy = RULE.exec(rule ?? '')?.groups?.name;
  return (
    <section aria-labelledby="talk-answer">
      <Title headingLevel="h2" className="casemate-heading" id="talk-answer">
        {say('compute.talk.answer')}
      </Title>
      <Alert
        component="p"
        isInline
        isLiveRegion
        variant={allowed ? 'success' : 'danger'}
        title={say(allowed ? 'compute.talk.yes' : 'compute.talk.no')}
      >
        {reason}
      </Alert>
      <DescriptionList isHorizontal isCompact>
        {rule !== undefined && (
          <DescriptionListGroup>
            <DescriptionListTerm>{say('compute.talk.rule')}</DescriptionListTerm>
            <DescriptionListDescription>
              {policy === undefined ? (
                rule
              ) : (
                <Link to={`/resources/firewallpolicies.network.casemate.internal/${project}/${policy}`}>
                  {rule}
                </Link>
              )}
            </DescriptionListDescription>
          </DescriptionListGroup>
        )}
        <DescriptionListGroup>
          <DescriptionListTerm>{say('compute.talk.flow')}</DescriptionListTerm>
          <DescriptionListDescription>
            {`${source} → ${destination}${port === undefined ? '' : `:${port}`}`}
          </DescriptionListDescription>
        </DescriptionListGroup>
      </DescriptionList>
    </section>
  );
}
