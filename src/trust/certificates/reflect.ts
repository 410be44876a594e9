/**
 * The least of the Reflect metadata proposal that @peculiar/x509's injection container looks for when it is loaded.
 * Our code must never use it. Import it before @peculiar/x509 (only `x509.ts` does).
 */

type Key = string | symbol;

const metadata = new WeakMap<object, Map<Key, unknown>>();

function getOwnMetadata(key: Key, target: object): unknown {
  return metadata.get(target)?.get(key);
}

function getMetadata(key: Key, target: object): unknown {
  for (let holder: object | null = target; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const values = metadata.get(holder);
    if (values?.has(key)) return values.get(key);
  }
  return undefined;
}

function defineMetadata(key: Key, value: unknown, target: object): void {
  const values = metadata.get(target) ?? new Map<Key, unknown>();
  values.set(key, value);
  metadata.set(target, values);
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });
