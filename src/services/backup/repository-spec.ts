/** Where backups lie and what opens them, as plans and restores say it. */
import { type Static, Type } from 'typebox';

const NAME_MAX = 253;

const ELSEWHERE = Type.Object(
  {
    endpoint: Type.String({
      pattern:
        '^https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$|^https://\\[[0-9a-fA-F:]{2,39}\\](:[0-9]{1,5})?$',
      description:
        'https://HOST:PORT of an S3 server. An Interconnection of the region must let it out there.',
    }),
    region: Type.String({
      default: 'us-east-1',
      pattern: '^[a-zA-Z0-9-]{1,64}$',
      description: 'What that server calls its region.',
    }),
    bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', description: 'A bucket there.' }),
    secret: Type.String({
      minLength: 1,
      maxLength: NAME_MAX,
      description:
        'A Secret of the project with the keys accessKeyId, secretAccessKey, and ca.crt: PEM of who signed the server’s certificate. Nobody else is believed.',
    }),
  },
  { description: 'An S3 server elsewhere: the other site.' },
);

export const TARGET = Type.Object(
  {
    bucket: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
        description: 'A Bucket of the organization. This or s3.',
      }),
    ),
    s3: Type.Optional(ELSEWHERE),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}){0,7}$',
        description:
          'Below what the repository is in the bucket. Plans with the same target, prefix and password share one, and what they save alike. Left out: <project>/<name of the plan>.',
      }),
    ),
  },
  { description: 'Where the repository is.' },
);

export const REPOSITORY = {
  target: TARGET,
  password: Type.String({
    minLength: 1,
    maxLength: NAME_MAX,
    description:
      'The Secret of the project with the repository’s password, key password. Whoever has it and can read the target can read all of it: keep a copy where the region is not.',
  }),
  serviceAccount: Type.String({
    minLength: 1,
    maxLength: NAME_MAX,
    description:
      'The service account of the project that acts: it needs a role that reads what is backed up, and writes to the target.',
  }),
} as const;

const SPEC = Type.Object(REPOSITORY);
export type RepositorySpec = Static<typeof SPEC>;
export type Target = Static<typeof TARGET>;

/** Two places are the same one, or are not: for who may be there at once. Pure. */
export const placeOf = (endpoint: string, { target }: Pick<RepositorySpec, 'target'>): string =>
  `${target.s3 === undefined ? `${endpoint}/${target.bucket}` : `${target.s3.endpoint}/${target.s3.bucket}`}/${target.prefix ?? ''}`;
