/** What the ledger hands to the composition root. */
import type { Service } from '#kernel/service.ts';
import { erasureController, type RetentionOptions, retentionController } from './retention-controllers.ts';
import { RETENTION_KINDS } from './retention-kinds.ts';

export function retentionService(options: RetentionOptions): Service {
  return {
    name: 'retention',
    kinds: RETENTION_KINDS,
    controllers: [retentionController(options), erasureController(options)],
  };
}
