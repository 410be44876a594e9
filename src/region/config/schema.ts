/**
 * What may stand in region.yaml. Fields that cannot change once the region exists say so.
 */
import { type Static, Type } from 'typebox';
import { REFCLOCK, TIME_SOURCES_MAX } from '#engines/chrony/settings.ts';

const closed = { additionalProperties: false };

// A DNS label, since it becomes part of the ledger's origin, `<name>.casemate.internal`.
const LABEL = '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$';
const IPV4 = '(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';

export const RegionConfig = Type.Object(
  {
    name: Type.String({
      pattern: LABEL,
      description: 'lower-case letters, digits and "-", at most 40: part of every ledger origin',
    }),
    id: Type.String({
      pattern: '^r[0-9a-f]{8}$',
      description: '"r" and eight hexadecimal digits: tells this region from others on the same machine',
    }),
    listen: Type.String({
      pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^\\s:\\[\\]]+):[0-9]{1,5}$',
      description: 'ADDRESS:PORT, for example 127.0.0.1:6443 or [::1]:6443',
    }),
    advertise: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      maxItems: 32,
      description: 'further names and addresses that clients reach the API by; the certificate names them',
    }),
    soleOperator: Type.Optional(
      Type.Boolean({
        description:
          'true: one person runs this region, and may do alone what takes the approval of another operator, until there is a second one',
      }),
    ),
    seal: Type.Optional(
      Type.Union([Type.Literal('enforced'), Type.Literal('observed')], {
        description:
          'enforced or observed: whether what leaves the region undeclared is dropped, or only counted; enforced where nothing is said',
      }),
    ),
    sealEvery_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 30,
        description: 'seconds between two looks whether the seal holds; 15 where nothing is said',
      }),
    ),
    requestsPerSecond: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 1_000_000,
        description:
          'how many requests a second one user may send in the long run; 1000 where nothing is said',
      }),
    ),
    network: Type.Object(
      {
        forwardAddresses: Type.Array(Type.String({ pattern: `^${IPV4}$` }), {
          maxItems: 256,
          description: 'IPv4 addresses of this machine that Forwards may use',
        }),
        pools: Type.Array(Type.String({ pattern: `^${IPV4}/(?:[89]|1[0-9]|2[0-9])$` }), {
          minItems: 1,
          maxItems: 64,
          description: 'IPv4 ranges that networks are taken from, for example 10.64.0.0/14',
        }),
        egress: Type.Boolean({
          description: 'whether instances may be allowed (by policy) to reach past the region',
        }),
      },
      closed,
    ),
    postgres: Type.Object(
      {
        mode: Type.Union([Type.Literal('embedded'), Type.Literal('external')], {
          description: 'embedded or external',
        }),
        url: Type.Optional(
          Type.String({
            pattern: '^postgres(ql)?://',
            description: 'postgresql://user@host/database, only with mode: external',
          }),
        ),
        certificateAuthority: Type.Optional(
          Type.String({
            pattern: '^/',
            description:
              "path of the PEM file that signed an external server's certificate; without it, no TLS",
          }),
        ),
      },
      closed,
    ),
    incus: Type.Object(
      {
        mode: Type.Union([Type.Literal('embedded'), Type.Literal('external'), Type.Literal('none')], {
          description: 'embedded, external or none',
        }),
        socket: Type.Optional(
          Type.String({
            pattern: '^/',
            description: "path of a running Incus' unix.socket, only with mode: external",
          }),
        ),
        url: Type.Optional(
          Type.String({
            pattern: '^https://[^/\\s@?#]+$',
            description:
              'https://HOST:PORT of an Incus on another machine, only with mode: external and without socket',
          }),
        ),
        clientCertificate: Type.Optional(
          Type.String({
            pattern: '^/',
            description: 'path of the PEM certificate that Incus at url knows this region by',
          }),
        ),
        clientKey: Type.Optional(
          Type.String({
            pattern: '^/',
            description: "path of that certificate's PEM key, which only the region's account may read",
          }),
        ),
        serverCertificate: Type.Optional(
          Type.String({
            pattern: '^/',
            description: 'path of the PEM certificate of Incus at url, or of the CA that signed it',
          }),
        ),
      },
      closed,
    ),
    keys: Type.Object(
      {
        seal: Type.Union([Type.Literal('file'), Type.Literal('passphrase'), Type.Literal('shares')], {
          description: 'file, passphrase or shares: how the master key lies on disk',
        }),
        roots: Type.String({
          pattern: '^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$',
          description:
            'software, or the name of one of hsms: where the root keys of organizations made from now on come from',
        }),
        hsms: Type.Array(
          Type.Object(
            {
              name: Type.String({
                pattern: '^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$',
                description:
                  'lower-case letters, digits and "-", at most 20: what the rest of the region calls it',
              }),
              module: Type.String({
                pattern: '^/',
                description: "path of the vendor's PKCS#11 module, a shared library",
              }),
              token: Type.String({ minLength: 1, maxLength: 32, description: 'label of the token' }),
              pinFile: Type.Optional(
                Type.String({
                  pattern: '^/',
                  description:
                    'path of a file of mode 0600 with the PIN, which belongs to the account casemate-hsm; left out for an organization that gives its PIN itself',
                }),
              ),
              organization: Type.Optional(
                Type.String({
                  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
                  description: 'the organization that it belongs to; left out for one of the region',
                }),
              ),
              environment: Type.Optional(
                Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
                  description:
                    'environment variables that the module wants, such as SOFTHSM2_CONF; never secrets',
                }),
              ),
            },
            closed,
          ),
          { maxItems: 16, description: 'hardware security modules that the region reaches by PKCS#11' },
        ),
      },
      closed,
    ),
    ledger: Type.Object(
      {
        witnessNetworks: Type.Array(
          Type.String({
            pattern: `^(?:${IPV4}/(?:[0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]+/(?:[0-9]{1,2}|1[01][0-9]|12[0-8]))$`,
            description: 'a network such as 10.20.0.0/16 or fd00::/8',
          }),
          {
            maxItems: 256,
            description:
              'networks that Witness objects may name addresses in; empty: nothing is sent anywhere',
          },
        ),
      },
      closed,
    ),
    time: Type.Object(
      {
        mode: Type.Union([Type.Literal('embedded'), Type.Literal('none')], {
          description:
            'embedded or none: whether the region serves its own time to instances, and watches it',
        }),
        sources: Type.Array(
          Type.Object(
            {
              server: Type.Optional(
                Type.String({
                  pattern: '^[0-9a-fA-F.:]{2,45}$',
                  description: 'the address of a time server; an Interconnection must let the region ask it',
                }),
              ),
              port: Type.Optional(
                Type.Integer({ minimum: 1, maximum: 65_535, description: 'a port other than 123' }),
              ),
              nts: Type.Optional(
                Type.String({
                  pattern: '^/[A-Za-z0-9/_.+-]{1,200}$',
                  description:
                    'path of a PEM file of authorities: time is taken from this server by NTS only, with a certificate of theirs',
                }),
              ),
              refclock: Type.Optional(
                Type.String({
                  pattern: REFCLOCK.source,
                  description: 'a clock on this machine as chrony.conf(5) writes it: PPS /dev/pps0 lock NMEA',
                }),
              ),
            },
            closed,
          ),
          {
            maxItems: TIME_SOURCES_MAX,
            description: "where time comes from; empty: this machine's clock, as it is",
          },
        ),
        setsClock: Type.Boolean({
          description: "whether the region sets this machine's clock, which is then nobody else's to set",
        }),
        offset_ms: Type.Integer({
          minimum: 1,
          maximum: 3_600_000,
          description:
            "how many milliseconds this machine's clock may be away from the sources before it is an alarm",
        }),
        port: Type.Optional(
          Type.Integer({
            minimum: 1_024,
            maximum: 65_534,
            description:
              'UDP port of this machine where time is served, and the next one, where it is watched',
          }),
        ),
      },
      closed,
    ),
    objects: Type.Object(
      {
        listen: Type.Optional(
          Type.String({
            pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^\\s:\\[\\]]+)$',
            description:
              'address where S3 clients connect, for example 0.0.0.0 or [::]; that of listen where nothing is said',
          }),
        ),
        port: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 65_535,
            description:
              'port where S3 clients connect; 1037 above the API’s where nothing is said: 7480 beside 6443',
          }),
        ),
        instancesPort: Type.Optional(
          Type.Integer({
            minimum: 1_024,
            maximum: 65_535,
            description:
              'TCP port of this machine where the packet filter leads instances that ask for objects at their gateway; one from 30000 on where nothing is said, for each region another',
          }),
        ),
        database: Type.Optional(
          Type.String({
            pattern: '^postgres(ql)?://',
            description:
              'postgresql://user:password@host/database of a role that owns a schema "objects" and nothing else, only with postgres.mode: external',
          }),
        ),
        backend: Type.Object(
          {
            type: Type.Union([Type.Literal('filesystem'), Type.Literal('s3')], {
              description: 'filesystem or s3: where the bytes of objects lie, encrypted in any case',
            }),
            endpoint: Type.Optional(
              Type.String({
                pattern: '^https?://[^/\\s@?#]+$',
                description: 'https://HOST:PORT of an S3 server below, only with type: s3',
              }),
            ),
            bucket: Type.Optional(
              Type.String({
                minLength: 3,
                maxLength: 63,
                description: 'a bucket there, for this region alone',
              }),
            ),
            region: Type.Optional(
              Type.String({
                pattern: '^[a-z0-9-]{1,64}$',
                description: 'what that server calls its region; us-east-1 where nothing is said',
              }),
            ),
            credentialsFile: Type.Optional(
              Type.String({
                pattern: '^/',
                description:
                  'path of a file of mode 0600 that belongs to the account casemate: an access key id and its secret, separated by a space',
              }),
            ),
            certificateAuthority: Type.Optional(
              Type.String({
                pattern: '^/',
                description: 'path of the PEM file that signed that server’s certificate',
              }),
            ),
          },
          closed,
        ),
      },
      closed,
    ),
    backup: Type.Optional(
      Type.Object(
        {
          folder: Type.String({
            pattern: '^/[A-Za-z0-9/_.+-]{1,200}$',
            description:
              'path of a folder that is there, on another disk than the region: backups, and each change as it is made',
          }),
          recipient: Type.String({
            pattern: '^age1[a-z0-9]{58}$',
            description:
              'public key of age (casemate backup key) that they are encrypted for; who has its other half can restore, and nobody else',
          }),
          acknowledge: Type.Optional(
            Type.Union([Type.Literal('archived'), Type.Literal('local')], {
              description:
                'archived: a change is acknowledged when it is in that folder too, and waits while it is not there; local: the folder follows; archived where nothing is said',
            }),
          ),
        },
        closed,
      ),
    ),
    storage: Type.Object(
      {
        size: Type.String({
          pattern: '^[1-9][0-9]{0,5}GiB$',
          description: 'size of the btrfs pool file, which grows as it is used: for example 30GiB',
        }),
      },
      closed,
    ),
  },
  closed,
);

export type RegionConfig = Static<typeof RegionConfig>;
