/** Snapshots of an instance: taken, put back, started as another instance. */
import {
  ActionGroup,
  Alert,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Form,
  Label,
  Spinner,
  Timestamp,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { askJson } from '../../api/client.ts';
import { discovery, pathOf, resourceName } from '../../api/discovery.ts';
import { useLiveList } from '../../api/live-list.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { Problem, problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { patchObject } from './change.ts';
import { Line } from './choice.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { freeName } from './create/new-instance.ts';
import { HintedButton } from './hinted-button.tsx';
import { readyOf, SNAPSHOTS, type SnapshotSpec, type SnapshotStatus, specOf, statusOf } from './instance.ts';

const FORM_WIDTH = '30rem';

export function SnapshotsTab({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const { data: resources } = useQuery(discovery);
  const kind = resources?.find((one) => resourceName(one) === SNAPSHOTS);
  const { namespace: project = '', name: instance } = object.metadata;
  const { rows, isLoading, error } = useLiveList(kind, { project });
  const [typed, setTyped] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [restoring, setRestoring] = useState<string>();
  const name = typed ?? freeName(instance, new Set(rows.map(({ object: one }) => one.metadata.name)));
  const own = rows
    .map(({ object: one }) => one)
    .filter(({ spec }) => (spec as SnapshotSpec | undefined)?.instance === instance);
  const isRestoring =
    specOf(object).restoreFrom !== undefined && specOf(object).restoreFrom !== statusOf(object).restoredFrom;

  const take = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || kind === undefined) return;
    setBusy(true);
    setProblem(undefined);
    const body = {
      apiVersion: `${kind.group}/${kind.version}`,
      kind: kind.kind,
      metadata: { name: name.trim() },
      spec: { instance },
    };
    await askJson(pathOf(kind, project), { method: 'POST', body }).then(
      () => setTyped(undefined),
      setProblem,
    );
    setBusy(false);
  };
  /** The field is acted on when it changes: what it said before is taken out first. */
  const restore = async (snapshot: string) => {
    if (specOf(object).restoreFrom === snapshot)
      await patchObject(resource, object, { spec: { restoreFrom: null } });
    await patchObject(resource, object, { spec: { restoreFrom: snapshot } });
  };

  if (error !== undefined) return <Problem error={error} />;
  if (kind === undefined || isLoading) return <Spinner aria-label={say('app.loading')} />;
  return (
    <>
      <Form onSubmit={(event) => void take(event)} style={{ maxWidth: FORM_WIDTH }}>
        <Line
          id="snapshot-name"
          label={say('compute.snapshot.name')}
          help={say('compute.snapshot.help')}
          isRequired
          value={name}
          onChange={setTyped}
          problem={problem === undefined ? undefined : problemText(problem, say)}
        />
        <ActionGroup>
          <Button type="submit" isLoading={isBusy} isAriaDisabled={isBusy}>
            {say('compute.snapshot.take')}
          </Button>
        </ActionGroup>
      </Form>
      {isRestoring && (
        <Alert component="p" isInline isLiveRegion variant="info" title={say('compute.snapshot.restoring')} />
      )}
      {own.length === 0 ? (
        <EmptyState titleText={say('compute.snapshot.none')} headingLevel="h2">
          <EmptyStateBody>{say('compute.snapshot.none.body')}</EmptyStateBody>
        </EmptyState>
      ) : (
        <Table aria-label={say('compute.snapshot.title')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('compute.snapshot.one')}</Th>
              <Th>{say('compute.snapshot.taken')}</Th>
              <Th>{say('compute.disk')}</Th>
              <Th>{say('compute.machine.phase')}</Th>
              <Th screenReaderText={say('compute.snapshot.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {own.map((one) => {
              const { takenAt, disk } = (one.status ?? {}) as SnapshotStatus;
              const { isReady, message } = readyOf(one);
              const snapshot = one.metadata.name;
              const whyNot = isReady ? undefined : say('compute.snapshot.notReady');
              return (
                <Tr key={one.metadata.uid}>
                  <Td dataLabel={say('compute.snapshot.one')}>
                    <Link to={`/resources/${SNAPSHOTS}/${project}/${encodeURIComponent(snapshot)}`}>
                      {snapshot}
                    </Link>
                  </Td>
                  <Td dataLabel={say('compute.snapshot.taken')}>
                    {takenAt !== undefined && (
                      <Timestamp
                        date={new Date(takenAt)}
                        locale={language}
                        dateFormat="medium"
                        timeFormat="medium"
                      />
                    )}
                  </Td>
                  <Td dataLabel={say('compute.disk')}>{disk}</Td>
                  <Td dataLabel={say('compute.machine.phase')}>
                    <Label status={isReady ? 'success' : 'info'}>
                      {isReady ? say('compute.snapshot.ready') : message || say('compute.machine.working')}
                    </Label>
                  </Td>
                  <Td>
                    <HintedButton variant="secondary" whyNot={whyNot} onClick={() => setRestoring(snapshot)}>
                      {say('compute.snapshot.restore')}
                    </HintedButton>{' '}
                    {isReady && (
                      <Link to="/instances/new" search={{ project, snapshot } as never}>
                        {say('compute.snapshot.clone')}
                      </Link>
                    )}
                  </Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      )}
      <Content component="small">{say('compute.snapshot.lives')}</Content>
      {restoring !== undefined && (
        <ConfirmDialog
          title={say('compute.snapshot.restore.title', { name: instance, snapshot: restoring })}
          body={say('compute.snapshot.restore.body')}
          confirm={say('compute.snapshot.restore')}
          act={() => restore(restoring)}
          onDone={() => setRestoring(undefined)}
        />
      )}
    </>
  );
}
