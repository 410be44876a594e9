"""What a user of Debian's python3-kubernetes does: typed and dynamic clients, watches, pages, refusals, a terminal.

Run by python-client.test.ts with KUBECONFIG set. Asserts as it goes, and says `done` at the end.
"""

import base64
import threading

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError, UnprocessibleEntityError
from kubernetes.stream import stream

GROUP, VERSION, PLURAL, PROJECT = 'lab.casemate.internal', 'v1', 'machines', 'python'


def same(actual, expected):
    assert actual == expected, f'{actual!r} is not {expected!r}'


def refused(error, work, *args, **kwargs):
    try:
        work(*args, **kwargs)
    except error as reason:
        return reason
    raise AssertionError(f'{work} was not refused')


def machine(name, size=1, **labels):
    return {
        'apiVersion': f'{GROUP}/{VERSION}',
        'kind': 'Machine',
        'metadata': {'name': name, 'namespace': PROJECT, 'labels': labels},
        'spec': {'image': 'debian', 'size': size},
    }


config.load_kube_config()
api = client.ApiClient()
core = client.CoreV1Api(api)
custom = client.CustomObjectsApi(api)
where = (GROUP, VERSION, PROJECT, PLURAL)

# Versions and discovery.
same(client.VersionApi(api).get_code().major, '1')
assert GROUP in [group.name for group in client.ApisApi(api).get_api_versions().groups]

# Typed clients of core kinds.
core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=PROJECT)))
assert PROJECT in [item.metadata.name for item in core.list_namespace().items]
core.create_namespaced_secret(
    PROJECT, client.V1Secret(metadata=client.V1ObjectMeta(name='s'), data={'a': 'Yg=='})
)
same(base64.b64decode(core.read_namespaced_secret('s', PROJECT).data['a']), b'b')
core.patch_namespaced_secret('s', PROJECT, {'data': {'c': 'ZA=='}})
same(sorted(core.read_namespaced_secret('s', PROJECT).data), ['a', 'c'])
core.delete_namespaced_secret('s', PROJECT, body=client.V1DeleteOptions(propagation_policy='Background'))
same(refused(ApiException, core.read_namespaced_secret, 's', PROJECT).status, 404)

# Custom objects.
custom.create_namespaced_custom_object(*where, machine('m'))
same(custom.patch_namespaced_custom_object(*where, 'm', {'spec': {'size': 2}})['spec']['size'], 2)
custom.patch_namespaced_custom_object_status(*where, 'm', {'status': {'phase': 'Up'}})
same(custom.get_namespaced_custom_object_status(*where, 'm')['status'], {'phase': 'Up'})

# The dynamic client, by discovery.
machines = dynamic.DynamicClient(api).resources.get(api_version=f'{GROUP}/{VERSION}', kind='Machine')
same((machines.namespaced, machines.name), (True, 'machines'))
created = machines.create(body=machine('dynamic', tier='a'), namespace=PROJECT)
same((created.spec.size, created.spec.power), (1, 'on'))
patched = machines.patch(
    body={'metadata': {'name': 'dynamic'}, 'spec': {'size': 3}},
    namespace=PROJECT,
    content_type='application/merge-patch+json',
)
same((patched.spec.size, patched.metadata.generation), (3, 2))
stale = created.to_dict()
refused(ConflictError, machines.replace, body=stale, namespace=PROJECT)
immutable = patched.to_dict()
immutable['spec']['image'] = 'other'
refusal = refused(UnprocessibleEntityError, machines.replace, body=immutable, namespace=PROJECT)
assert b'spec.image' in refusal.body
same([item.metadata.name for item in machines.get(namespace=PROJECT, label_selector='tier=a').items], ['dynamic'])
same([item.metadata.name for item in machines.get(namespace=PROJECT, field_selector='spec.size=2').items], ['m'])
same(refused(NotFoundError, machines.get, name='none', namespace=PROJECT).status, 404)

# Pages.
for index in range(5):
    machines.create(body=machine(f'page-{index}', page='yes'), namespace=PROJECT)
names, token = [], None
while True:
    page = custom.list_namespaced_custom_object(*where, label_selector='page=yes', limit=2, _continue=token)
    names += [item['metadata']['name'] for item in page['items']]
    token = page['metadata'].get('continue')
    if not token:
        break
same(names, [f'page-{index}' for index in range(5)])

# A watch from where a list ended sees what follows, once each and in order.
revision = custom.list_namespaced_custom_object(*where)['metadata']['resourceVersion']


def change():
    machines.create(body=machine('watched'), namespace=PROJECT)
    machines.patch(
        body={'metadata': {'name': 'watched'}, 'spec': {'size': 4}},
        namespace=PROJECT,
        content_type='application/merge-patch+json',
    )
    machines.delete(name='watched', namespace=PROJECT)


for follow in (
    lambda: watch.Watch().stream(custom.list_namespaced_custom_object, *where, resource_version=revision),
    lambda: machines.watch(namespace=PROJECT, resource_version=revision, timeout=20),
):
    thread = threading.Thread(target=change)
    thread.start()
    seen = []
    for event in follow():
        item = event['raw_object']
        seen.append((event['type'], item['metadata']['name'], item['spec']['size']))
        if event['type'] == 'DELETED':
            revision = item['metadata']['resourceVersion']
            break
    thread.join()
    same(seen, [('ADDED', 'watched', 1), ('MODIFIED', 'watched', 4), ('DELETED', 'watched', 4)])

# A watch that ends by itself, and one from before what the server remembers.
events = list(watch.Watch().stream(custom.list_namespaced_custom_object, *where, timeout_seconds=1))
same([event['type'] for event in events], ['ADDED'] * 7)
for index in range(30):
    machines.patch(
        body={'metadata': {'name': 'm'}, 'spec': {'size': 1 + index}},
        namespace=PROJECT,
        content_type='application/merge-patch+json',
    )
old = watch.Watch().stream(custom.list_namespaced_custom_object, *where, resource_version=revision)
same(refused(ApiException, next, old).status, 410)

# A terminal, over the protocol this client speaks.
output = stream(
    core.connect_get_namespaced_pod_exec,
    'm',
    PROJECT,
    command=['echo', 'hello from python'],
    stdout=True,
    stderr=True,
    stdin=False,
    tty=False,
)
same(output, 'hello from python\n')
same(core.read_namespaced_pod_log('m', PROJECT), 'log of m\n')

# Deleting, one and all.
machines.delete(name='dynamic', namespace=PROJECT, body={'propagationPolicy': 'Background'})
custom.delete_collection_namespaced_custom_object(*where)
same(machines.get(namespace=PROJECT).items, [])
core.delete_namespace(PROJECT)
print('done')
