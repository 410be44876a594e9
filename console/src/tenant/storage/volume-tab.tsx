/** A volume: how large it is, which instances have it, and its snapshots; grown, attached, taken out, put back, copied. */
import { Alert, Content, Label, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { VolumeSnapshotStatus } from '../../../../src/services/storage/snapshot.ts';
import type { VolumeSpec, VolumeStatus } from '../../../../src/services/storage/volume.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { useLiveList } from '../../api/live-list.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { AttachDialog } from './attach-dialog.tsx';
import { Facts } from './facts.tsx';
import { HintedButton } from './hinted-button.tsx';
import { conditionOf, KINDS, useKind } from './kinds.ts';
import { ObjectLink } from './object-link.tsx';
import './storage.css';
import { timeText } from './units.ts';
import {
  CopyDialog,
  DetachDialog,
  PutBackDialog,
  RemoveSnapshotDialog,
  ResizeDialog,
  SnapshotDialog,
} from './volume-dialogs.tsx';

/** Of those that a volume has; the list of VolumeSnapshots has all. */
const SNAPSHOTS_SHOWN_MAX = 100;

type Asked =
  | { readonly what: 'resize' | 'attach' | 'snapshot' | 'copyNow' }
  | { readonly what: 'detach'; readonly instance: string }
  | { readonly what: 'putBack' | 'copy' | 'remove'; readonly snapshot: ApiObject };

export function VolumeTab({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const [asked, setAsked] = useState<Asked>();
  const snapshots = useKind(KINDS.snapshots);
  const { namespace: project, name } = object.metadata;
  const list = useLiveList(snapshots, { project });
  const spec = object.spec as VolumeSpec;
  const status = (object.status ?? {}) as Partial<VolumeStatus>;
  const attached = status.attachedTo ?? [];
  const encrypted = conditionOf(object, 'Encrypted');
  const ready = conditionOf(object, 'Ready');
  const taken = list.rows
    .map(({ object: one }) => one)
    .filter((one) => one.spec?.volume === name)
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
    .slice(0, SNAPSHOTS_SHOWN_MAX);
  const whyNotAttach =
    ready?.status === 'False'
      ? ready.message
      : attached.length > 0 && spec.shared !== true
        ? say('storage.volume.attach.taken', { instance: attached[0] ?? '' })
        : undefined;
  const whyNotYet = ready?.status === 'False' ? ready.message : undefined;
  const whyNotPutBack =
    attached.length > 0 ? say('storage.volume.putBack.attached', { instance: attached[0] ?? '' }) : undefined;
  const close = () => setAsked(undefined);
  return (
    <div className="casemate-parts">
      {ready?.status === 'False' && (
        <Alert component="p" variant="warning" isInline title={ready.message ?? ''} />
      )}
      <div className="casemate-actions">
        <HintedButton why={whyNotAttach} onClick={() => setAsked({ what: 'attach' })}>
          {say('storage.volume.attach')}
        </HintedButton>
        <HintedButton variant="secondary" why={undefined} onClick={() => setAsked({ what: 'resize' })}>
          {say('storage.volume.resize')}
        </HintedButton>
        <HintedButton variant="secondary" why={undefined} onClick={() => setAsked({ what: 'snapshot' })}>
          {say('storage.volume.snapshot')}
        </HintedButton>
        <HintedButton variant="secondary" why={whyNotYet} onClick={() => setAsked({ what: 'copyNow' })}>
          {say('storage.volume.copyNow')}
        </HintedButton>
      </div>
      <Facts
        facts={[
          [say('storage.size'), status.size ?? spec.size],
          [say('storage.volume.type'), say(`storage.volume.type.${spec.type}`)],
          [
            say('storage.volume.attached'),
            attached.length === 0 ? say('storage.volume.attached.none') : undefined,
          ],
          [
            say('storage.encryption'),
            encrypted?.status === 'True' ? say('storage.encryption.own') : encrypted?.message,
          ],
          [say('storage.volume.restoring'), status.restoring === undefined ? undefined : status.restoring],
        ]}
      />
      {attached.length > 0 && (
        <>
          <Title headingLevel="h2">{say('storage.volume.attached')}</Title>
          <Table aria-label={say('storage.volume.attached')} variant="compact">
            <Thead>
              <Tr>
                <Th>{say('storage.volume.instance')}</Th>
                <Th screenReaderText={say('storage.actions')} />
              </Tr>
            </Thead>
            <Tbody>
              {attached.map((instance) => (
                <Tr key={instance}>
                  <Td dataLabel={say('storage.volume.instance')}>
                    <ObjectLink kind={KINDS.instances} project={project} name={instance} />
                  </Td>
                  <Td dataLabel={say('storage.actions')}>
                    <HintedButton
                      variant="link"
                      why={undefined}
                      onClick={() => setAsked({ what: 'detach', instance })}
                    >
                      {say('storage.volume.detach')}
                    </HintedButton>
                  </Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </>
      )}
      <Title headingLevel="h2">{say('storage.volume.snapshots')}</Title>
      {taken.length === 0 ? (
        <Content component="p">{say('storage.volume.snapshots.none')}</Content>
      ) : (
        <Table aria-label={say('storage.volume.snapshots')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.name')}</Th>
              <Th>{say('storage.volume.taken')}</Th>
              <Th>{say('storage.size')}</Th>
              <Th screenReaderText={say('storage.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {taken.map((snapshot) => {
              const { takenAt, size } = (snapshot.status ?? {}) as Partial<VolumeSnapshotStatus>;
              const notYet = takenAt === undefined ? say('storage.volume.snapshot.notYet') : undefined;
              return (
                <Tr key={snapshot.metadata.uid}>
                  <Td dataLabel={say('storage.name')}>
                    <ObjectLink kind={KINDS.snapshots} project={project} name={snapshot.metadata.name} />{' '}
                    {spec.restoreFrom === snapshot.metadata.name && (
                      <Label>{say('storage.volume.putBack.last')}</Label>
                    )}
                  </Td>
                  <Td dataLabel={say('storage.volume.taken')}>
                    {takenAt === undefined ? '–' : timeText(takenAt, language)}
                  </Td>
                  <Td dataLabel={say('storage.size')}>{size ?? '–'}</Td>
                  <Td dataLabel={say('storage.actions')}>
                    <HintedButton
                      variant="link"
                      why={notYet ?? whyNotPutBack}
                      onClick={() => setAsked({ what: 'putBack', snapshot })}
                    >
                      {say('storage.volume.putBack')}
                    </HintedButton>
                    <HintedButton
                      variant="link"
                      why={notYet}
                      onClick={() => setAsked({ what: 'copy', snapshot })}
                    >
                      {say('storage.volume.copy')}
                    </HintedButton>
                    <HintedButton
                      variant="link"
                      isDanger
                      why={undefined}
                      onClick={() => setAsked({ what: 'remove', snapshot })}
                    >
                      {say('storage.remove')}
                    </HintedButton>
                  </Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      )}
      {asked?.what === 'resize' && <ResizeDialog resource={resource} volume={object} onClose={close} />}
      {asked?.what === 'attach' && <AttachDialog volume={object} onClose={close} />}
      {asked?.what === 'detach' && <DetachDialog volume={object} instance={asked.instance} onClose={close} />}
      {snapshots !== undefined && asked?.what === 'snapshot' && (
        <SnapshotDialog resource={snapshots} volume={object} onClose={close} />
      )}
      {asked?.what === 'putBack' && (
        <PutBackDialog resource={resource} volume={object} snapshot={asked.snapshot} onClose={close} />
      )}
      {asked?.what === 'copy' && (
        <CopyDialog resource={resource} volume={object} snapshot={asked.snapshot} onClose={close} />
      )}
      {asked?.what === 'copyNow' && <CopyDialog resource={resource} volume={object} onClose={close} />}
      {snapshots !== undefined && asked?.what === 'remove' && (
        <RemoveSnapshotDialog resource={snapshots} snapshot={asked.snapshot} onClose={close} />
      )}
    </div>
  );
}
