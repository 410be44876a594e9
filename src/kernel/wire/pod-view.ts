/**
 * The read-only `v1 Pod` view of a kind that declares `podView`, so that kubectl's `exec`, `logs` and `cp`, which know only
 * pods, work on it. A view: nothing is stored as a pod, and permissions are those of the kind behind it.
 */
import { Type } from 'typebox';
import { defineKind, type Kind, type PodView } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { Entry } from '../realm.ts';

const Text = (description: string) => Type.String({ description });

/** The kind `Pod` as discovery and OpenAPI show it. */
export function podKindOf(source: Kind): Kind {
  return defineKind({
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    scope: 'Project',
    realms: source.realms,
    description: `A read-only view of a ${source.kind}, for kubectl exec, logs and cp. Change the ${source.kind} instead.`,
    spec: Type.Object({
      containers: Type.Array(
        Type.Object({ name: Text('Name of the only container.'), image: Text('What it runs.') }),
        { description: 'Exactly one.' },
      ),
    }),
    status: Type.Object({
      phase: Text('Pending, Running, Succeeded, Failed or Unknown.'),
      message: Type.Optional(Text('Why it is in this phase.')),
      podIP: Type.Optional(Text('The first address.')),
      startTime: Type.Optional(Text('When it started.')),
    }),
    columns: [
      {
        name: 'Ready',
        type: 'string',
        description: 'Whether it is ready.',
        value: (pod) => ((pod.status as PodStatus).containerStatuses[0]?.ready ? '1/1' : '0/1'),
      },
      { name: 'Status', type: 'string', description: 'Its phase.', value: 'status.phase' },
      { name: 'IP', type: 'string', description: 'The first address.', value: 'status.podIP', priority: 1 },
    ],
    ...(source.subresources === undefined ? {} : { subresources: source.subresources }),
  });
}

interface PodStatus {
  readonly containerStatuses: readonly { readonly ready: boolean }[];
}

/** The object as a pod. */
function podOf(object: KubeObject, view: PodView): KubeObject {
  const { finalizers: _finalizers, managedFields: _managedFields, ...metadata } = object.metadata;
  const since = view.startTime ?? object.metadata.creationTimestamp;
  const addresses = view.addresses ?? [];
  const status = view.ready ? 'True' : 'False';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      containers: [
        { name: view.containerName, image: view.image, resources: {}, imagePullPolicy: 'IfNotPresent' },
      ],
      restartPolicy: 'Always',
    },
    status: {
      phase: view.phase,
      conditions: [
        { type: 'Ready', status, lastProbeTime: null, lastTransitionTime: since },
        { type: 'ContainersReady', status, lastProbeTime: null, lastTransitionTime: since },
      ],
      ...(view.message === undefined ? {} : { message: view.message }),
      ...(addresses[0] === undefined ? {} : { podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) }),
      ...(view.startTime === undefined ? {} : { startTime: view.startTime }),
      containerStatuses: [
        {
          name: view.containerName,
          image: view.image,
          imageID: '',
          ready: view.ready,
          started: view.phase === 'Running',
          restartCount: 0,
          lastState: {},
          state:
            view.phase === 'Running'
              ? { running: { startedAt: since } }
              : {
                  waiting: {
                    reason: view.phase,
                    ...(view.message === undefined ? {} : { message: view.message }),
                  },
                },
        },
      ],
    },
  };
}

/** Entries of the source presented as entries of pods, made once for each. */
export function podPresenter(podView: (object: KubeObject) => PodView): (entry: Entry) => Entry {
  const presented = new WeakMap<Entry, Entry>();
  return (entry) => {
    let pod = presented.get(entry);
    if (pod === undefined) {
      const source = entry.object();
      const object = podOf(source, podView(source));
      pod = {
        namespace: entry.namespace,
        name: entry.name,
        uid: entry.uid,
        revision: entry.revision,
        labels: entry.labels,
        bytes: Buffer.from(JSON.stringify(object)),
        object: () => object,
      };
      presented.set(entry, pod);
    }
    return pod;
  };
}
