/** Writes the objects of a bucket's tar into a bucket. With `removeOthers` what is there and not in the tar is deleted, along the way: both are in the order of keys. */
import { contentOf, TarError, type TarMember } from '../tar/read.ts';
import type { BucketClient, ListedObject } from './client.ts';
import { HEADERS_RECORD, OBJECTS_FOLDER } from './save.ts';

/** What is written at once; larger objects in parts of it, or as large as ten thousand parts take. */
const PART_BYTES = 8 * 2 ** 20;
const PART_BYTES_MAX = 64 * 2 ** 20;
const PARTS_MAX = 10_000;
const AT_ONCE_MAX = 8;
/** Of objects that are being written. */
const HELD_BYTES_MAX = 32 * 2 ** 20;
const SMALL_BYTES_MAX = 2 ** 20;

export async function restoreObjects(
  client: BucketClient,
  members: AsyncGenerator<TarMember>,
  removeOthers: boolean,
): Promise<void> {
  const writes = new Writes();
  const there = removeOthers ? new There(client) : undefined;
  for (;;) {
    const { value: member, done } = await members.next();
    if (done === true) break;
    if (!member.name.startsWith(OBJECTS_FOLDER))
      throw new TarError(`${JSON.stringify(member.name)} is no object`);
    const key = member.name.slice(OBJECTS_FOLDER.length);
    await there?.removeBefore(key);
    const headers = headersOf(member);
    if (member.size <= SMALL_BYTES_MAX) {
      const body = await contentOf(member, SMALL_BYTES_MAX);
      await writes.add(body.length, () => client.put(key, headers, body));
    } else if (member.size <= PART_BYTES) {
      await client.put(key, headers, await contentOf(member, PART_BYTES));
    } else await client.putParts(key, headers, partsOf(member));
  }
  await writes.all();
  await there?.removeBefore(undefined);
}

function headersOf(member: TarMember): Readonly<Record<string, string>> {
  const text = member.records.get(HEADERS_RECORD);
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}

async function* partsOf(member: TarMember): AsyncGenerator<Buffer> {
  const size = Math.max(PART_BYTES, Math.ceil(member.size / PARTS_MAX));
  if (size > PART_BYTES_MAX)
    throw new TarError(`${JSON.stringify(member.name)} has more than ${PARTS_MAX * PART_BYTES_MAX} bytes`);
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of member.content) {
    held.push(chunk);
    length += chunk.length;
    while (length >= size) {
      const all = Buffer.concat(held);
      yield all.subarray(0, size);
      held = [all.subarray(size)];
      length -= size;
    }
  }
  if (length > 0) yield Buffer.concat(held);
}

/** Some at a time; the first that fails ends all. */
class Writes {
  readonly #running = new Set<Promise<void>>();
  #held = 0;
  #failed: { readonly error: unknown } | undefined;

  async add(bytes: number, write: () => Promise<void>): Promise<void> {
    while (
      this.#running.size >= AT_ONCE_MAX ||
      (this.#running.size > 0 && this.#held + bytes > HELD_BYTES_MAX)
    ) {
      await Promise.race(this.#running);
    }
    this.#check();
    this.#held += bytes;
    const running: Promise<void> = write()
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .finally(() => {
        this.#held -= bytes;
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async all(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}

/** What was there, as far as it is not in the tar. */
class There {
  readonly #client: BucketClient;
  readonly #listing: AsyncGenerator<ListedObject>;
  #next: Promise<IteratorResult<ListedObject>> | undefined;

  constructor(client: BucketClient) {
    this.#client = client;
    this.#listing = client.list();
  }

  /** Removes what comes before a key, and steps over the key itself; undefined: all that is left. */
  async removeBefore(key: string | undefined): Promise<void> {
    const until = key === undefined ? undefined : Buffer.from(key);
    for (;;) {
      this.#next ??= this.#listing.next();
      const { value, done } = await this.#next;
      if (done === true) return;
      const order = until === undefined ? -1 : Buffer.from(value.key).compare(until);
      if (order > 0) return;
      this.#next = undefined;
      if (order === 0) return;
      await this.#client.delete(value.key);
    }
  }
}
