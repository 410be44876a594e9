/** What `keys/<name>/usage` takes and gives. */
import { Type } from 'typebox';
import type { ReportDefinition } from '#kernel/kind.ts';

export const KEY_USAGE: ReportDefinition = {
  type: 'report',
  description:
    'Who used the key, when and for what: leaves of the access log about this very key, newest first, and what proves them.',
  hasOwnRight: true,
  parameters: {
    actor: 'A part of who it was.',
    since: 'Not before this time, nor before the key was made: 2026-11-22T08:00:00Z.',
    until: 'Not after this time.',
    from: 'The newest leaf to look at: the next of an earlier answer.',
    to: 'The oldest leaf to look at.',
    limit: 'How many at most: 50 (the default), up to 500.',
    proof:
      'Instead of uses, bytes of the log that prove them: checkpoint, key, or tile/<level>/<number> as C2SP tlog-tiles names tiles of hashes.',
  },
  response: Type.Object({
    items: Type.Optional(
      Type.Array(
        Type.Object({
          index: Type.Integer({ description: 'Which leaf of the access log.' }),
          leaf: Type.String({ description: 'The text that the log’s hash covers.' }),
          personal: Type.Optional(
            Type.Record(Type.String(), Type.Unknown(), {
              description: 'What stands beside it of persons; absent: erased.',
            }),
          ),
        }),
      ),
    ),
    next: Type.Optional(Type.Integer({ description: 'Where to go on; absent: there is nothing before.' })),
    looked: Type.Optional(Type.Integer({ description: 'Leaves that this look went through.' })),
    erased: Type.Optional(
      Type.Integer({
        description: 'Uses of keys of this project of which it was erased whose they were, or of which key.',
      }),
    ),
    bytes: Type.Optional(Type.String({ description: 'What proof asked for, in base64.' })),
  }),
};
