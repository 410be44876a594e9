/**
 * The word that one person runs a region, given on its host before anybody else could. It is given once: when a second operator came it
 * ended (`controllers.ts`), and whoever is left alone later finds another, rather than removing everybody else and being alone again.
 */
import { systemActor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { ApprovalPolicy, REGION_POLICY } from './approval-policy.ts';

export interface SoleOperatorOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly random: Random;
  /** The operator's user name. */
  readonly user: string;
}

/** Makes the region's own policy say so, unless there is one already, whatever that says. */
export async function sayAlone({ realms, random, user }: SoleOperatorOptions): Promise<void> {
  await realms.use(REGION, async ({ resources }) => {
    const change = { actor: systemActor(REGION, 'bootstrap'), via: 'bootstrap', requestId: random.uuid() };
    const policy = { metadata: { name: REGION_POLICY }, spec: { soleOperator: user } };
    try {
      await resources.create(ApprovalPolicy, undefined, policy, change);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  });
}
