/** Attacks on zip files: what leads elsewhere, overlaps, hides, or is two things to two programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArchiveError } from './archive-error.ts';
import { zipOf } from './testing/archives.ts';
import { zipMembers } from './zip.ts';

async function read(bytes: Buffer): Promise<string[]> {
  const texts: string[] = [];
  for (const member of zipMembers(bytes).members) {
    let text = '';
    for await (const chunk of member.content()) text += chunk.toString();
    texts.push(`${member.name}: ${text}`);
  }
  return texts;
}

const refuses = (bytes: Buffer, message: RegExp) =>
  assert.rejects(
    async () => read(bytes),
    (error) => error instanceof ArchiveError && message.test(error.message),
  );

const A = { name: 'a.txt', content: 'plain\n' };

test('files and folders are read', async () => {
  const bytes = zipOf([A, { name: 'd/', mode: 0o040755 }, { name: 'd/b.txt', content: 'b', mode: 0o100644 }]);
  assert.deepEqual(await read(bytes), ['a.txt: plain\n', 'd/: ', 'd/b.txt: b']);
});

test('names that lead out, and names that are there twice, are refused', async () => {
  for (const name of ['../x', 'a/../../x', '..\\x', 'a\\..\\..\\x'])
    await refuses(zipOf([{ name }]), /leads out/);
  for (const name of ['/etc/passwd', '\\windows\\x', 'C:\\x', 'c:/x'])
    await refuses(zipOf([{ name }]), /no name below/);
  await refuses(zipOf([A, A]), /is in it twice/);
  await refuses(zipOf([A, { name: './a.txt' }]), /is in it twice/);
});

test('links, devices and pipes are refused by the mode that Unix keeps', async () => {
  for (const mode of [0o120777, 0o020666, 0o060666, 0o010644, 0o140755])
    await refuses(zipOf([{ ...A, mode }]), /is neither a file nor a folder/);
});

test('entries that overlap, as those of bombs do, what is encrypted, sizes that are wrong and data behind the end are refused', async () => {
  const many = Array.from({ length: 40 }, (_, at) => ({ ...A, name: `${at}`, overlaps: 0 }));
  await refuses(
    zipOf([A, ...many]),
    /something at byte [0-9]+ that its directory does not lead to|another beside it/,
  );
  await refuses(zipOf([{ ...A, encrypted: true }]), /is encrypted/);
  await refuses(zipOf([{ ...A, size: 3 }]), /is larger than its directory says/);
  await refuses(zipOf([{ ...A, size: 300 }]), /is not what its directory says/);
  await refuses(zipOf([A], 'behind'), /no directory at its end/);
  await refuses(zipOf([A]).subarray(0, -3), /no directory at its end/);
});
