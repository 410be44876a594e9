/** ContentInventory: what the region has published, taken when somebody asks. There is one, `region`; its status has the digest of the list that was handed out last. */
import { Type } from 'typebox';
import { invalid } from '#kernel/errors.ts';
import { defineKind } from '#kernel/kind.ts';
import { BUNDLES_MAX } from '../import/content-store.ts';
import { GAP_GROUP } from '../import/trust-kind.ts';

export const INVENTORY_KEY = { name: 'region' };
export const INVENTORY_RESOURCE = `contentinventories.${GAP_GROUP}`;

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const ContentInventory = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'ContentInventory',
  plural: 'contentinventories',
  scope: 'Realm',
  realms: ['region'],
  description:
    'What bundles and content the region has published, to be carried to where bundles are built: what it has need not be brought again. There is one, called region.',
  spec: Type.Object({}),
  status: Type.Object({
    takenAt: Type.Optional(Type.String({ description: 'When it was taken last (RFC 3339).' })),
    sha256: Type.Optional(Type.String({ description: 'Digest of the list that was handed out.' })),
    bytes: Type.Optional(count('Bytes of all content on it.')),
    blobs: Type.Optional(count('How many pieces of content that are.')),
    bundles: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), version: Type.Integer(), digest: Type.String() }), {
        maxItems: BUNDLES_MAX,
        description: 'The bundles on it, the newest first.',
      }),
    ),
  }),
  initialStatus: {},
  subresources: {
    take: {
      type: 'action',
      description: 'Takes it anew and hands out the list; its digest becomes a leaf.',
      request: Type.Object({}),
      response: Type.Object({
        inventory: Type.String({ description: 'The list.' }),
        resourceVersion: Type.String({ description: 'The leaf that its digest is in.' }),
      }),
    },
  },
  columns: [
    { name: 'Taken', type: 'string', description: 'When last.', value: 'status.takenAt' },
    { name: 'Blobs', type: 'integer', description: 'Pieces of content.', value: 'status.blobs' },
    { name: 'Bytes', type: 'integer', description: 'Of all of it.', value: 'status.bytes' },
    { name: 'Digest', type: 'string', description: 'Of the list.', value: 'status.sha256', priority: 1 },
  ],
  admit({ operation, object }) {
    if (operation !== 'create' || object.metadata.name === INVENTORY_KEY.name) return;
    throw invalid({ group: GAP_GROUP, kind: 'ContentInventory', name: object.metadata.name }, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.name',
        message: `there is one, called ${INVENTORY_KEY.name}`,
      },
    ]);
  },
});
