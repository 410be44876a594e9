/** What runs as a service account, as far as its tokens need to know. The service that has such things says; trust knows none of them. */
import type { RealmView } from '#kernel/realm.ts';

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Workloads {
  /** Whether that very thing is there, is meant to run, and runs as that account of its project. */
  runsAs(view: RealmView, workload: Workload, account: string): boolean;
}
