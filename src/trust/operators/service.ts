/** What operators' access hands to the composition root: its kinds, the rules over them, and what makes sessions come and go. */
import type { Clock } from '#kernel/clock.ts';
import type { Realms } from '#kernel/realm.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import type { Service } from '#kernel/service.ts';
import { AccessRequest, accessRequestAdmission } from './access-request.ts';
import { accessActions } from './actions.ts';
import { accessRequestCarrier } from './carrier.ts';
import { OperatorPolicy } from './operator-policy.ts';
import { recordingController } from './recording/controller.ts';
import type { KeptRecordings } from './recording/kept.ts';
import { replayConnector } from './recording/replay.ts';
import { TerminalRecording } from './recording/terminal-recording.ts';
import { type SessionControllerOptions, sessionController } from './session-controller.ts';

export interface OperatorsServiceOptions extends SessionControllerOptions {
  readonly clock: Clock;
  /** Not to be called before all services are made; nor are the others. */
  readonly registry: () => KindRegistry;
  readonly realms: () => Pick<Realms, 'use'>;
  readonly recordings: () => KeptRecordings;
}

export function operatorsService({
  clock,
  registry,
  realms,
  recordings,
  ...signing
}: OperatorsServiceOptions): Service {
  return {
    name: 'operators',
    kinds: [AccessRequest, OperatorPolicy, TerminalRecording],
    admissions: [accessRequestAdmission(registry)],
    controllers: [accessRequestCarrier, sessionController(signing), recordingController(recordings)],
    connectors: {
      ...accessActions({ realms, clock }),
      [`${TerminalRecording.resource}/replay`]: replayConnector(realms, recordings),
    },
  };
}
