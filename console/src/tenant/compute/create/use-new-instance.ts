/** What somebody says about a new instance, with what is taken for granted until they say otherwise. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { discovery, resourceName } from '../../../api/discovery.ts';
import { type ApiObject, useLiveList } from '../../../api/live-list.ts';
import { SNAPSHOTS, type SnapshotStatus } from '../instance.ts';
import type { StepProblem } from './create-steps.ts';
import { CUSTOM, freeName, type NewInstance, SIZES, type Size } from './new-instance.ts';

/** Choices that are no names: names have no space. */
export const NEW = ' new';
export const NONE = ' none';
const FIRST_PROJECT = 'my-project';
const FIRST_NETWORK = 'lan';

export interface ImageSpec {
  readonly displayName?: string;
  readonly type: NewInstance['type'];
}

/** What there is to choose from, and what whoever came here has chosen already. */
export interface Offered {
  readonly projects: readonly string[];
  readonly images: readonly ApiObject[];
  readonly instances: readonly ApiObject[];
  readonly wantedProject: string | undefined;
  /** It starts as a copy of this snapshot. */
  readonly snapshot: string | undefined;
}

/** What the fields say, as they say it. Undefined: nobody has touched it. */
interface Said {
  readonly project: string;
  readonly newProject: string;
  readonly name: string | undefined;
  readonly image: string;
  readonly sizeId: string;
  readonly customSize: Omit<Size, 'id'>;
  readonly network: string | undefined;
  readonly newNetwork: string;
  readonly sshKeys: string;
  readonly userData: string;
}

export const namesOf = (objects: readonly ApiObject[]) => objects.map(({ metadata }) => metadata.name).sort();

/** What a group of fields is given. */
export interface FieldsProps {
  readonly draft: ReturnType<typeof useNewInstance>;
  readonly offered: Offered;
  /** What was refused, by field. */
  readonly wrong: StepProblem['fields'];
}

export function useNewInstance({ projects, images, instances, wantedProject, snapshot }: Offered) {
  const { data: resources } = useQuery(discovery);
  const [said, setSaid] = useState<Said>({
    project: wantedProject ?? projects[0] ?? NEW,
    newProject: FIRST_PROJECT,
    name: undefined,
    image: images[0]?.metadata.name ?? '',
    sizeId: SIZES[0].id,
    customSize: SIZES[0],
    network: undefined,
    newNetwork: FIRST_NETWORK,
    sshKeys: '',
    userData: '',
  });
  const isNewProject = said.project === NEW;
  const project = isNewProject ? said.newProject.trim() : said.project;
  const networks = useLiveList(
    isNewProject ? undefined : resources?.find(({ plural }) => plural === 'networks'),
    { project },
  );
  const snapshots = useLiveList(
    snapshot === undefined ? undefined : resources?.find((one) => resourceName(one) === SNAPSHOTS),
    { project, name: snapshot },
  );
  const from = snapshots.rows[0]?.object.status as SnapshotStatus | undefined;
  const networkNames = isNewProject ? [] : namesOf(networks.rows.map(({ object }) => object));
  const network = said.network ?? networkNames[0] ?? NEW;
  const taken = new Set(
    instances.filter(({ metadata }) => metadata.namespace === project).map(({ metadata }) => metadata.name),
  );
  const name = said.name ?? freeName('instance', taken);
  const size: Omit<Size, 'id'> = SIZES.find(({ id }) => id === said.sizeId) ?? said.customSize;
  const image = images.find(({ metadata }) => metadata.name === said.image)?.spec as ImageSpec | undefined;
  const wanted: NewInstance = {
    project,
    isNewProject,
    name: name.trim(),
    from: snapshot === undefined ? { image: said.image } : { snapshot },
    type: (snapshot === undefined ? image?.type : from?.type) ?? 'container',
    size,
    network: network === NONE ? '' : network === NEW ? said.newNetwork.trim() : network,
    isNewNetwork: network === NEW,
    sshKeys: said.sshKeys,
    userData: said.userData,
  };
  return {
    said: { ...said, name, network },
    change: (more: Partial<Said>) => setSaid((before) => ({ ...before, ...more })),
    wanted,
    networkNames,
    /** Of the snapshot, where it starts as a copy of one. */
    disk: from?.disk,
    isCustom: said.sizeId === CUSTOM,
  };
}
