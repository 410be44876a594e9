/** One organization, as the region knows it: that it is there, who was let in first, with which keys its ledger is verified. Nothing of what is in it. */
import { Alert, Button, Content, Stack, StackItem } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import { Agreement } from '../../consent/agreement.tsx';
import { change } from '../../consent/requests.ts';
import { ORGANIZATIONS, useKind } from '../../parts/kind.ts';
import { useNamed } from '../../parts/named.ts';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { WorkButton } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import { regionStatus } from '../region-status.ts';
import { accessFile, download } from './access-file.ts';
import { forget, keyOf } from './new-keys.ts';
import { isRefused, type Organization, readyOf } from './organization.ts';
import { StateLabel } from './state-label.tsx';

const CONFIRM_DELETION = 'casemate.internal/confirm-deletion';
const PEM = 'application/x-pem-file';
const YAML = 'application/yaml';

export function OrganizationPage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const resource = useKind(ORGANIZATIONS);
  const { name, object: one, state } = useNamed<Organization>(resource, 'Organization');
  return (
    <Page
      title={one?.spec.displayName ?? name}
      lead={one?.spec.displayName === undefined ? undefined : name}
      state={state}
      trail={{ to: '/organizations', parent: say('operator.org.title'), here: name }}
    >
      {one !== undefined && resource !== undefined && (
        <>
          <StackItem>
            <Facts>
              <Fact term={say('operator.column.state')}>
                <StateLabel organization={one} />
              </Fact>
              {one.status?.path !== undefined && (
                <>
                  <Fact term={say('operator.org.console')}>
                    <code>{`${location.origin}${one.status.path}/console/`}</code>
                  </Fact>
                  <Fact term={say('operator.org.api')}>
                    <code>{`${location.origin}${one.status.path}`}</code>
                  </Fact>
                </>
              )}
              <Fact term={say('operator.org.admin')}>{one.spec.firstAdministrator.user}</Fact>
              {one.status?.ledger !== undefined && (
                <Fact term={say('operator.org.ledger')}>
                  <code>{one.status.ledger.changes}</code>
                </Fact>
              )}
              <Fact term={say('detail.created')}>
                <When at={one.metadata.creationTimestamp} />
              </Fact>
            </Facts>
          </StackItem>
          {isRefused(one) && (
            <StackItem>
              <Alert
                component="p"
                variant="danger"
                isInline
                title={<RegionSays>{readyOf(one)?.message}</RegionSays>}
              />
            </StackItem>
          )}
          <Access organization={one} />
          <Part title={say('operator.org.delete')}>
            <Content component="p">{say('operator.org.delete.lead')}</Content>
            {one.status?.firstAdministrator === undefined ? (
              <Remove resource={resource} organization={one} />
            ) : (
              <Agreement
                resource={resource}
                object={one}
                transition="delete"
                act={async () => {
                  await remove(resource, one);
                  await navigate({ to: '/organizations' });
                }}
                isDanger
                summary={
                  <Alert
                    component="p"
                    variant="warning"
                    isInline
                    title={say('operator.org.delete.lost', { name })}
                  />
                }
              />
            )}
          </Part>
        </>
      )}
    </Page>
  );
}

/** Says by its own name that it is meant, then deletes that very one. */
async function remove(resource: Resource, { metadata, ...rest }: Organization): Promise<void> {
  const { name, uid } = metadata;
  await change(resource, { metadata, ...rest } as Organization, {
    metadata: { uid, annotations: { [CONFIRM_DELETION]: name } },
  });
  await ask(pathOf(resource, undefined, name), { method: 'DELETE', body: { preconditions: { uid } } });
}

/** Nobody was let in yet, so there is nothing to lose. */
function Remove({
  resource,
  organization,
}: {
  readonly resource: Resource;
  readonly organization: Organization;
}) {
  const { say } = useTexts();
  return (
    <WorkButton variant="danger" task={() => remove(resource, organization)}>
      {say('list.delete')}
    </WorkButton>
  );
}

function Access({ organization }: { readonly organization: Organization }) {
  const { say } = useTexts();
  const { data: about } = useQuery(regionStatus);
  const { metadata, status, spec } = organization;
  const [wasTaken, setTaken] = useState(false);
  const first = status?.firstAdministrator;
  if (first === undefined || status?.path === undefined) return null;
  const key = keyOf(metadata.uid);
  const server = `${location.origin}${status.path}`;
  const { user } = spec.firstAdministrator;
  return (
    <Part title={say('operator.org.access')}>
      {key === undefined ? (
        <>
          <Content component="p">{say('operator.org.access.own', { user })}</Content>
          <Button
            variant="secondary"
            onClick={() => download(`${metadata.name}-${user}.pem`, first.certificate, PEM)}
          >
            {say('operator.org.access.certificate')}
          </Button>
        </>
      ) : (
        <Stack hasGutter>
          <Alert component="p" variant="warning" isInline title={say('operator.org.access.once', { user })}>
            {say('operator.org.access.once.body')}
          </Alert>
          <StackItem>
            <Button
              isAriaDisabled={about === undefined}
              onClick={() => {
                if (about === undefined) return;
                const { certificate } = first;
                const { name } = metadata;
                const text = accessFile({ name, server, authority: about.authority, certificate, key });
                download(`${name}.kubeconfig`, text, YAML);
                setTaken(true);
              }}
            >
              {say('operator.org.access.file')}
            </Button>{' '}
            <Button variant="link" isAriaDisabled={!wasTaken} onClick={() => forget(metadata.uid)}>
              {say('operator.org.access.forget')}
            </Button>
          </StackItem>
        </Stack>
      )}
      <Content component="p">
        {say('operator.org.access.until')} <When at={first.notAfter} />
      </Content>
    </Part>
  );
}
