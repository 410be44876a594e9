/** Whose bundles are let in: the root of their signatures, proposed by one operator, counting once another agreed. */
import { Alert, Content, FileUpload, FormGroup, StackItem } from '@patternfly/react-core';
import { useState } from 'react';
import type { TrustStatus } from '../../../../src/gap/import/trust-kind.ts';
import type { Resource } from '../../api/discovery.ts';
import { useLiveObject } from '../../api/live-list.ts';
import { Agreement } from '../../consent/agreement.tsx';
import { BUNDLE_TRUSTS, useKind } from '../../parts/kind.ts';
import { make } from '../../parts/named.ts';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { useWork, WorkForm } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';

/** There is one. */
const NAME = 'region';
const ROOT_BYTES_MAX = 512 * 1024;

export function TrustPage() {
  const { say } = useTexts();
  const resource = useKind(BUNDLE_TRUSTS);
  const { object, isLoading, error } = useLiveObject(resource, undefined, NAME);
  const status: Partial<TrustStatus> = (object?.status ?? {}) as Partial<TrustStatus>;
  const facts = (
    <Facts>
      <Fact term={say('operator.trust.state')}>{say(`operator.trust.${status.phase ?? 'Checking'}`)}</Fact>
      <Fact term={say('operator.trust.signers')}>
        {say('operator.trust.signers.of', {
          threshold: status.threshold ?? 0,
          names: (status.signers ?? []).join(', '),
        })}
      </Fact>
      <Fact term={say('operator.trust.version')}>{status.version ?? ''}</Fact>
      <Fact term={say('operator.content.digest')}>
        <code>{status.digest ?? ''}</code>
      </Fact>
    </Facts>
  );
  return (
    <Page
      title={say('operator.trust.title')}
      lead={say('operator.trust.lead')}
      state={{ isLoading, error: object === undefined ? error : undefined }}
      trail={{ to: '/bundles', parent: say('operator.bundles.title') }}
    >
      {object === undefined
        ? resource !== undefined && (
            <StackItem>
              <Propose resource={resource} />
            </StackItem>
          )
        : resource !== undefined && (
            <>
              <StackItem>{facts}</StackItem>
              {status.message !== undefined && (
                <StackItem>
                  <Alert
                    component="p"
                    variant="danger"
                    isInline
                    title={<RegionSays>{status.message}</RegionSays>}
                  />
                </StackItem>
              )}
              {status.phase === 'AwaitingApproval' && (
                <Part title={say('operator.trust.agree')}>
                  <Content component="p">{say('operator.trust.agree.lead')}</Content>
                  <Agreement
                    resource={resource}
                    object={object}
                    transition="trust"
                    fields={{ spec: { trusted: true } }}
                    summary={facts}
                  />
                </Part>
              )}
              {status.accepted !== undefined && status.accepted.length > 0 && (
                <Part title={say('operator.trust.accepted')}>
                  <Rows
                    label={say('operator.trust.accepted')}
                    isCompact
                    items={status.accepted}
                    keyOf={({ name }) => name}
                    columns={[
                      { title: say('operator.column.bundle'), cell: ({ name }) => name },
                      { title: say('operator.trust.version'), cell: ({ version }) => version },
                      { title: say('operator.content.made'), cell: ({ created }) => <When at={created} /> },
                    ]}
                  />
                </Part>
              )}
            </>
          )}
    </Page>
  );
}

function Propose({ resource }: { readonly resource: Resource }) {
  const { say } = useTexts();
  const [file, setFile] = useState<File>();
  const work = useWork();
  const propose = () =>
    work.run(async () => {
      if (file === undefined) throw new Error(say('operator.trust.file.missing'));
      if (file.size > ROOT_BYTES_MAX) throw new Error(say('operator.trust.file.large'));
      await make(resource, NAME, { root: await file.text() });
    });
  return (
    <WorkForm submit={say('operator.trust.propose')} work={work} onSubmit={() => void propose()}>
      <FormGroup label={say('operator.trust.file')} fieldId="root-file-filename" isRequired>
        <FileUpload
          id="root-file"
          filename={file?.name ?? ''}
          filenamePlaceholder="1.root.json"
          filenameAriaLabel={say('operator.trust.file')}
          browseButtonText={say('operator.bring.file.browse')}
          clearButtonText={say('operator.bring.file.clear')}
          hideDefaultPreview
          isClearButtonDisabled={file === undefined}
          onFileInputChange={(_event, chosen) => setFile(chosen)}
          onClearClick={() => setFile(undefined)}
        />
      </FormGroup>
    </WorkForm>
  );
}
