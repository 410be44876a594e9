/** What witnesses hand to the composition root. */
import type { Service } from '#kernel/service.ts';
import { type WitnessControllerOptions, witnessController } from './controller.ts';
import { WitnessKind } from './witness-kind.ts';

export function witnessService(options: WitnessControllerOptions): Service {
  return { name: 'witnesses', kinds: [WitnessKind], controllers: [witnessController(options)] };
}
