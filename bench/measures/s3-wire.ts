/** What the S3 wire costs by itself, in CPU time of one thread: checksums, signatures, `aws-chunked`, and whole bodies as clients send them. */
import { createHash } from 'node:crypto';
import { HashThreads } from '#services/objects/hashing/hash-threads.ts';
import { type BodyOptions, openBody } from '#services/objects/s3/body.ts';
import { newDigest } from '#services/objects/s3/checksums/digest.ts';
import { ChunkedDecoder } from '#services/objects/s3/chunked/decoder.ts';
import { bodyExpectations, CHECKSUM_ALGORITHMS } from '#services/objects/s3/headers/body.ts';
import { parseCall } from '#services/objects/s3/parse-call.ts';
import { readRequest } from '#services/objects/s3/request.ts';
import { authenticate } from '#services/objects/s3/signature/authenticate.ts';
import { SigningKeys } from '#services/objects/s3/signature/signing-keys.ts';
import {
  chunkedBody,
  EXAMPLE,
  rawHeaders,
  seedOf,
  signRequest,
} from '#services/objects/s3/testing/client.ts';
import type { Row } from '../lib/result.ts';
import type { Measure, MeasureOptions } from './context.ts';

const MIB = 2 ** 20;
/** As sockets give them. */
const PIECE_BYTES = 65_536;
const NOW_MS = Date.UTC(2013, 4, 24);
const ENDPOINT = 's3.west.casemate.internal';
const TRAILER = 'x-amz-checksum-crc64nvme';
/** The task's, for algorithms that Node has not. */
const CHECKSUM_MIB_MIN = 1_000;

export const s3Wire: Measure = {
  summary: 'the S3 wire by itself: checksums, Signature Version 4, aws-chunked',
  async run(options) {
    return {
      name: 's3-wire',
      rows: [...checksums(options), ...(await signatures(options)), ...(await bodies(options))],
    };
  },
};

/** MiB of each second of CPU time. */
function rateOf(bytes: number, before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return bytes / MIB / ((user + system) / 1e6);
}

const piece = Buffer.from(Array.from({ length: PIECE_BYTES }, (_, index) => (index * 2_654_435_761) >>> 13));

function throughput(pieces: number, update: (bytes: Uint8Array) => unknown): number {
  for (let done = 0; done < pieces / 10; done++) update(piece);
  const before = process.cpuUsage();
  for (let done = 0; done < pieces; done++) update(piece);
  return rateOf(pieces * PIECE_BYTES, before);
}

function checksums({ quick }: MeasureOptions): Row[] {
  const pieces = quick ? 2_000 : 20_000;
  const md5 = createHash('md5');
  const rate = throughput(pieces, (bytes) => md5.update(bytes));
  const unit = 'MiB/s';
  const rows: Row[] = [{ what: 'MD5 (each ETag), of node:crypto', value: rate, unit }];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const digest = newDigest(algorithm);
    const own = algorithm === 'CRC32C' || algorithm === 'CRC64NVME';
    rows.push({
      what: `${algorithm}, ${own ? 'of our own' : 'of Node'}`,
      value: throughput(pieces, (bytes) => digest.update(bytes)),
      unit,
      ...(own && { target: { atLeast: CHECKSUM_MIB_MIN } }),
    });
  }
  return rows;
}

async function signatures({ quick }: MeasureOptions): Promise<Row[]> {
  const count = quick ? 5_000 : 50_000;
  const keys = new SigningKeys();
  const sent = signRequest({
    method: 'GET',
    target: '/photos/2026/a%20picture.jpg',
    headers: { host: ENDPOINT, range: 'bytes=0-9', 'x-amz-checksum-mode': 'ENABLED' },
  });
  const raw = rawHeaders(sent.headers);
  const holder = { secret: EXAMPLE.secret };
  const lookup = async () => holder;
  const once = async () => {
    const request = readRequest(sent.method, sent.target, raw);
    const { signed } = await authenticate(request, { lookup, keys, now_ms: NOW_MS });
    if (!signed || parseCall(request, ENDPOINT).call.call !== 'GetObject') throw new Error('not as signed');
  };
  for (let done = 0; done < count / 10; done++) await once();
  const before = process.cpuUsage();
  for (let done = 0; done < count; done++) await once();
  const { user, system } = process.cpuUsage(before);
  const text = raw.join('\n');
  const bare = process.cpuUsage();
  for (let done = 0; done < count; done++) {
    createHash('sha256').update(text).digest('hex');
    createHash('sha256').update(text).digest('hex');
  }
  const hashing = process.cpuUsage(bare);
  return [
    {
      what: 'requests verified and parsed',
      value: (count * 1e6) / (user + system),
      unit: '/s',
      peer: {
        what: 'two SHA-256 of as many bytes alone',
        value: (count * 1e6) / (hashing.user + hashing.system),
      },
    },
  ];
}

async function bodies({ quick }: MeasureOptions): Promise<Row[]> {
  const size = (quick ? 32 : 256) * MIB;
  const chunks = Array.from({ length: size / PIECE_BYTES }, () => piece);
  const digest = newDigest('CRC64NVME');
  for (const chunk of chunks) digest.update(chunk);
  const value = digest.digest();
  const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
  const headers = {
    host: ENDPOINT,
    'x-amz-content-sha256': payload,
    'x-amz-decoded-content-length': String(size),
    'x-amz-trailer': TRAILER,
  };
  const request = signRequest({ method: 'PUT', target: '/photos/a', headers });
  const auth = await authenticate(readRequest('PUT', '/photos/a', rawHeaders(request.headers)), {
    lookup: async () => ({ secret: EXAMPLE.secret }),
    keys: new SigningKeys(),
    now_ms: NOW_MS,
  });
  if (!auth.signed) throw new Error('not as signed');
  const expected = bodyExpectations(new Map(Object.entries(headers)));
  const trailer = { name: TRAILER, value };
  const unsigned = chunkedBody({ chunks, trailer });
  const signed = chunkedBody({ chunks, trailer, seed: seedOf(request) });
  const decoding = process.cpuUsage();
  const decoder = new ChunkedDecoder({ size, trailers: [TRAILER] });
  for await (const bytes of socketOf(unsigned)) decoder.push(bytes);
  decoder.end();
  const unit = 'MiB/s';
  const rows: Row[] = [{ what: 'aws-chunked decoded alone', value: rateOf(size, decoding), unit }];
  for (const [what, coded, options] of [
    [
      'a whole PUT as SDKs send it over TLS (aws-chunked, CRC64NVME in the trailer, MD5)',
      unsigned,
      { form: 'chunked', signed: false, trailer: true },
    ],
    ['the same with each chunk of 64 KiB signed', signed, { form: 'chunked', signed: true, trailer: true }],
  ] as const) {
    const before = process.cpuUsage();
    const body = openBody(socketOf(coded), { expected, payload: options, chain: auth.chain });
    for await (const _ of body.bytes);
    if (body.result().checksums.CRC64NVME !== value) throw new Error('another checksum');
    rows.push({ what, value: rateOf(size, before), unit });
  }
  return [
    ...rows,
    ...(await besideOf(
      unsigned,
      { expected, payload: { form: 'chunked', signed: false, trailer: true } },
      size,
    )),
  ];
}

/** By the clock: what a second core gives. */
async function besideOf(coded: Buffer, options: BodyOptions, size: number): Promise<Row[]> {
  const threads = new HashThreads(1);
  const timed = async (more: Partial<BodyOptions>) => {
    const began = performance.now();
    for await (const _ of openBody(socketOf(coded), { ...options, ...more }).bytes);
    return size / MIB / ((performance.now() - began) / 1000);
  };
  try {
    // The thread starts.
    await timed({ hashing: threads });
    const alone = await timed({});
    const value = await timed({ hashing: threads });
    const peer = { what: 'on the same thread', value: alone };
    return [
      { what: 'a whole PUT by the clock, its hashes on a thread of their own', value, unit: 'MiB/s', peer },
    ];
  } finally {
    await threads.close();
  }
}

async function* socketOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES);
}
