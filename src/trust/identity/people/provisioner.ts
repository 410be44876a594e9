/** Who provisions a person or a group from outside, over SCIM: a service account, named by whoever trusts it with them. Pure. */
import { Type } from 'typebox';
import { serviceAccountName } from '../service-accounts/names.ts';

export interface Provisioner {
  readonly project: string;
  readonly serviceAccount: string;
}

export const provisionedBy = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        project: Type.String({
          minLength: 1,
          maxLength: 63,
          description: 'The project of the service account.',
        }),
        serviceAccount: Type.String({ minLength: 1, maxLength: 253, description: 'Its name.' }),
      },
      { description },
    ),
  );

/** Whether an actor of that name is the provisioner. */
export const isProvisioner = (provisioner: Provisioner | undefined, actorName: string): boolean =>
  provisioner !== undefined &&
  serviceAccountName(provisioner.project, provisioner.serviceAccount) === actorName;

export const sameProvisioner = (one: Provisioner | undefined, other: Provisioner | undefined): boolean =>
  one?.project === other?.project && one?.serviceAccount === other?.serviceAccount;
