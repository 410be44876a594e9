/**
 * `v1 ServiceAccount`: an identity of a program in a project, as in Kubernetes. It has no password and no stored key: whoever may asks for
 * a token of it, which lasts an hour or so, and counts only while this very object lives.
 */
import { Type } from 'typebox';
import { defineKind } from '#kernel/kind.ts';
import { tokenRequest, tokenResponse } from './token-request.ts';

export const ServiceAccount = defineKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'An identity of a program in a project. Role bindings name it system:serviceaccount:<project>:<name>; kubectl create token gives a token of it. Deleting it ends all of them at once.',
  fields: {
    automountServiceAccountToken: Type.Optional(
      Type.Boolean({ description: 'Kept for Kubernetes clients; means nothing here.' }),
    ),
  },
  subresources: {
    token: {
      type: 'action',
      description: 'Gives a token of this service account: authentication.k8s.io/v1 TokenRequest.',
      request: tokenRequest,
      response: tokenResponse,
    },
  },
});
