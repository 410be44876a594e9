/**
 * What the rules of a project are about, freed of how objects are written: its networks, instances, policies and forwards. Both the
 * direct reading of the rules (`explain.ts`) and the compiler (`compile.ts`) start from this.
 */
import type { FirewallPolicySpec } from './firewall-policy.ts';
import type { Labels } from './selector.ts';

export interface ProjectNetwork {
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string;
  readonly bridge: string;
}

export interface Attachment {
  readonly network: string;
  readonly address: string;
  readonly mac: string;
  /** The host's end of the interface. */
  readonly port: string;
}

export interface ProjectInstance {
  readonly name: string;
  readonly labels: Labels;
  readonly attachments: readonly Attachment[];
  /** It runs as a service account. */
  readonly isWorkload?: boolean;
}

export interface ProjectPolicy {
  readonly name: string;
  readonly spec: FirewallPolicySpec;
}

export interface ProjectForward {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly targetAddress: string;
  readonly targetPort: number;
  readonly sources: readonly string[];
}

/** Everything is valid and consistent: `project-state.ts` leaves out what is not. */
export interface Project {
  /** `<organization>/<project>`, for people. */
  readonly name: string;
  readonly networks: readonly ProjectNetwork[];
  readonly instances: readonly ProjectInstance[];
  readonly policies: readonly ProjectPolicy[];
  readonly forwards: readonly ProjectForward[];
}
