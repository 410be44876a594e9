/** One release: what it would do here, who agreed, each step as it comes into force, and what became of it. */
import { Alert, Content, List, ListItem, StackItem } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import type { PlanStatus } from '../../../../src/gap/release/release-kind.ts';
import { ask } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import { Agreement } from '../../consent/agreement.tsx';
import { RELEASES, useKind } from '../../parts/kind.ts';
import { useNamed } from '../../parts/named.ts';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { bytesText, Command, Fact, Facts, When } from '../../parts/shown.tsx';
import { WorkButton } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import { notBegun, OVER, phaseOf, type Release } from './release.ts';
import { ReleaseLabel } from './releases-page.tsx';

export function ReleasePage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const resource = useKind(RELEASES);
  const { name, object: release, state } = useNamed<Release>(resource, 'Release');
  const phase = release === undefined ? 'Planning' : phaseOf(release);
  const { plan, steps = [], before, conditions } = release?.status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return (
    <Page
      title={`Casemate ${name}`}
      state={state}
      trail={{ to: '/releases', parent: say('operator.releases.title'), here: name }}
    >
      {release !== undefined && resource !== undefined && (
        <>
          <StackItem aria-live="polite">
            <ReleaseLabel phase={phase} /> <RegionSays>{ready?.message}</RegionSays>
          </StackItem>
          {plan !== undefined && (
            <Part title={say('operator.releases.what')}>
              <Plan plan={plan} />
            </Part>
          )}
          {phase === 'AwaitingApproval' && plan !== undefined && (
            <Part title={say('consent.transition.apply')}>
              <Content component="p">{say('operator.releases.apply.lead')}</Content>
              <Agreement
                resource={resource}
                object={release}
                transition="apply"
                fields={{ spec: { apply: plan.digest } }}
                summary={<Plan plan={plan} />}
              />
            </Part>
          )}
          {phase === 'Approved' && (
            <Part title={say('consent.transition.apply')}>
              <Begins problem={notBegun(release)} command={`casemate release apply ${name}`} />
            </Part>
          )}
          {phase === 'Running' && before !== undefined && (
            <Part title={say('consent.transition.rollback')}>
              <Content component="p">
                {say('operator.releases.rollback.lead', { version: before.version })}
              </Content>
              {release.spec.rollback === before.digest ? (
                <Begins problem={wentNowhere(release)} command="casemate release rollback" />
              ) : (
                <Agreement
                  resource={resource}
                  object={release}
                  transition="rollback"
                  fields={{ spec: { rollback: before.digest } }}
                  isDanger
                  summary={
                    <Content component="p">
                      {say('operator.releases.rollback.summary', { from: name, to: before.version })}
                    </Content>
                  }
                />
              )}
            </Part>
          )}
          {OVER.includes(phase) && (
            <StackItem>
              <WorkButton
                variant="secondary"
                task={async () => {
                  await ask(pathOf(resource, undefined, name), { method: 'DELETE' });
                  await navigate({ to: '/releases' });
                }}
              >
                {say('operator.releases.again')}
              </WorkButton>
            </StackItem>
          )}
          {steps.length > 0 && (
            <Part title={say('operator.releases.steps')}>
              <Rows
                label={say('operator.releases.steps')}
                isCompact
                items={steps}
                keyOf={({ at, step }) => `${at} ${step}`}
                columns={[
                  { title: say('operator.seal.at'), cell: ({ at }) => <When at={at} /> },
                  { title: say('operator.releases.step'), cell: ({ step }) => step },
                  { title: say('operator.releases.how'), cell: ({ message }) => message },
                ]}
              />
            </Part>
          )}
        </>
      )}
    </Page>
  );
}

/** Why a way back that was agreed to is not taken: it did not begin, or what was begun did not come to a switch. */
function wentNowhere(release: Release): string | undefined {
  const last = release.status?.steps?.at(-1);
  return notBegun(release) ?? (last?.step === 'Confirmed' ? undefined : last?.message);
}

interface BeginsProps {
  readonly problem: string | undefined;
  /** What begins it by hand. */
  readonly command: string;
}

function Begins({ problem, command }: BeginsProps) {
  const { say } = useTexts();
  if (problem === undefined) return <Content component="p">{say('operator.releases.begins')}</Content>;
  return (
    <Alert component="p" variant="warning" isInline title={say('operator.releases.stuck')}>
      <RegionSays>{problem}</RegionSays>
      <Content component="p">{say('operator.releases.byHand')}</Content>
      <Command>{command}</Command>
    </Alert>
  );
}

function Plan({ plan }: { readonly plan: PlanStatus }) {
  const { say, language } = useTexts();
  return (
    <>
      {plan.problems.length > 0 && (
        <Alert component="p" variant="danger" isInline title={say('operator.releases.problems')}>
          <List>
            {plan.problems.map((one) => (
              <ListItem key={one}>{one}</ListItem>
            ))}
          </List>
        </Alert>
      )}
      <Facts>
        <Fact term={say('operator.releases.from')}>{plan.from}</Fact>
        <Fact term={say('operator.releases.to')}>
          {say('operator.releases.to.of', {
            version: plan.to,
            node: plan.node,
            bytes: bytesText(plan.bytes, language),
          })}
        </Fact>
        <Fact term={say('operator.content.digest')}>
          <code>{plan.digest}</code>
        </Fact>
        <Fact term={say('operator.column.bundle')}>{plan.bundle}</Fact>
        <Fact term={say('operator.content.signers')}>{plan.signers.join(', ')}</Fact>
        <Fact term={say('operator.releases.database')}>
          {plan.migrations.length === 0
            ? say('operator.releases.database.same')
            : plan.migrations.map((one) => <div key={one}>{one}</div>)}
        </Fact>
        <Fact term={say('operator.releases.restarts')}>{plan.restarts}</Fact>
        <Fact term={say('operator.releases.back')}>{plan.rollback}</Fact>
      </Facts>
    </>
  );
}
