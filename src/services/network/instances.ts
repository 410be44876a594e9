/**
 * The little that networks need to know of an instance. The kind itself belongs to the compute service, which uses this one; it is
 * given to `networkService` so that the two do not need each other.
 */
import type { KubeObject } from '#kernel/object.ts';

export interface InstanceLike extends KubeObject {
  readonly spec?: {
    readonly networks?: readonly { readonly network: string }[];
    /** What it runs as; it then reaches the region at its gateway. */
    readonly serviceAccount?: string;
  };
  readonly status?: {
    readonly addresses?: readonly {
      readonly network: string;
      readonly address: string;
      readonly mac: string;
    }[];
  };
}

/** Names of the networks the instance is on or is to be on. */
export function networksOf(object: KubeObject): Set<string> {
  const instance = object as InstanceLike;
  return new Set([
    ...(instance.spec?.networks ?? []).map(({ network }) => network),
    ...(instance.status?.addresses ?? []).map(({ network }) => network),
  ]);
}
