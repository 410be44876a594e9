/**
 * What the composition root gives to controllers and may ask of them while they run. Shapes only.
 */
import type { Clock } from '../clock.ts';
import type { Controller } from '../controller.ts';
import type { Logger } from '../logger.ts';
import type { Random } from '../random.ts';
import type { Realms } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import type { RealmEventRecorder } from './event-recorder.ts';
import type { QueueDepth } from './work-queue.ts';
import type { Worker } from './worker.ts';

export interface StartControllersOptions {
  readonly realms: Realms;
  readonly controllers: readonly Controller[];
  /** The garbage collector, and whatever else is not about one kind. */
  readonly workers?: readonly Worker[];
  readonly events: RealmEventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface FailingObject {
  readonly realm: RealmId;
  /** `<namespace>/<name>`, or `/<name>`. */
  readonly key: string;
  readonly failures: number;
  readonly message: string;
}

export interface ControllerStatus extends QueueDepth {
  readonly name: string;
  readonly failing: readonly FailingObject[];
}

export interface ControllersStatus {
  /** Realms in memory and followed. */
  readonly realmsFollowed: number;
  readonly controllers: readonly ControllerStatus[];
}

export interface RunningControllers {
  /** Ends them: nothing new starts, signals abort, and what runs is waited for, within a bound. */
  stop(): Promise<void>;
  /** Resolves when nothing is queued or running and no change is on its way. Retries that are due later do not count. */
  idle(): Promise<void>;
  /** Runs every sweep of every realm now. */
  sweep(): Promise<void>;
  status(): ControllersStatus;
}
