/** One bundle: how far it is, what is in it, what was found, who agreed; and the one thing to do next. */
import { Alert, Content, List, ListItem, StackItem } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import type { ImportStatus } from '../../../../src/gap/import/import-kind.ts';
import { Agreement } from '../../consent/agreement.tsx';
import { BUNDLE_IMPORTS, useKind } from '../../parts/kind.ts';
import { useNamed } from '../../parts/named.ts';
import { Page, Part } from '../../parts/page.tsx';
import { Command } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';
import { BundleContent } from './bundle-content.tsx';
import { Agreed, Refusals, Waiting } from './bundle-parts.tsx';
import { type Import, phaseOf, waitsFor } from './import.ts';
import { PhaseSteps } from './phase.tsx';
import { Receiving } from './receiving.tsx';
import { Scan } from './scan.tsx';

export function BundlePage() {
  const { say } = useTexts();
  const resource = useKind(BUNDLE_IMPORTS);
  const { name, object: bundle, state } = useNamed<Import>(resource, 'BundleImport');
  const phase = bundle === undefined ? 'Receiving' : phaseOf(bundle);
  const status: Partial<ImportStatus> = bundle?.status ?? {};
  const waiting = bundle === undefined ? undefined : waitsFor(bundle);
  const known = status.bundle;
  return (
    <Page
      title={name}
      lead={known === undefined ? undefined : `${known.name} ${known.version}`}
      state={state}
      trail={{ to: '/bundles', parent: say('operator.bundles.title') }}
    >
      {bundle !== undefined && resource !== undefined && (
        <>
          <StackItem>
            <PhaseSteps bundle={bundle} />
          </StackItem>
          <StackItem aria-live="polite">
            <Content component="p">{say(`operator.phase.${phase}.is`)}</Content>
          </StackItem>
          {waiting !== undefined && (
            <StackItem>
              <Waiting reason={waiting.reason} message={waiting.message} />
            </StackItem>
          )}
          {phase === 'Receiving' && (
            <StackItem>
              <Receiving bundle={bundle} />
            </StackItem>
          )}
          {status.refusals !== undefined && status.refusals.length > 0 && (
            <Part title={say('operator.refused.title')}>
              <Refusals refusals={status.refusals} />
            </Part>
          )}
          {phase === 'AwaitingApproval' && known !== undefined && (
            <Part title={say('operator.publish.title')}>
              <Content component="p">{say('operator.publish.lead')}</Content>
              <Agreement
                resource={resource}
                object={bundle}
                transition="publish"
                fields={{ spec: { publish: known.digest } }}
                summary={<Agreed status={status} />}
              />
            </Part>
          )}
          {known !== undefined && (
            <Part title={say('operator.content.title')}>
              <BundleContent bundle={known} status={status} />
            </Part>
          )}
          {status.scan !== undefined && (
            <Part title={say('operator.scan.title')}>
              <Scan scan={status.scan} />
            </Part>
          )}
          {phase === 'Published' && (
            <>
              <Part title={say('operator.receipt.title')}>
                <Content component="p">{say('operator.receipt.lead')}</Content>
                <Link
                  to="/resources/$resource/$name"
                  params={{ resource: BUNDLE_IMPORTS, name }}
                  search={{ tab: 'history' } as never}
                >
                  {say('operator.receipt.history')}
                </Link>
                <Content component="p">
                  <Command>{`casemate gap receipt ${name} --out ${name}.receipt`}</Command>
                </Content>
              </Part>
              <Part title={say('operator.retire.title')}>
                <Content component="p">{say('operator.retire.lead')}</Content>
                <Agreement
                  resource={resource}
                  object={bundle}
                  transition="retire"
                  fields={{ spec: { retire: true } }}
                  summary={
                    <Alert component="p" variant="warning" isInline title={say('operator.retire.lost')}>
                      <List>
                        {(known?.items ?? []).map((item) => (
                          <ListItem key={item}>{item}</ListItem>
                        ))}
                      </List>
                    </Alert>
                  }
                  isDanger
                />
              </Part>
            </>
          )}
        </>
      )}
    </Page>
  );
}
