/** Has the browser store an object, whatever its size, and show its own progress: by a link that holds for minutes. The link is asked for as the person, and its use is on record as theirs. */
import { fileNameOf } from './keys.ts';
import { askObjects } from './objects-client.ts';

/** Throws ApiError where there is no such object or one may not read it. */
export async function fetchToDisk(bucket: string, key: string, versionId?: string): Promise<void> {
  const version: Readonly<Record<string, string>> = versionId === undefined ? {} : { versionId };
  // A link answers whoever follows it, in a window of its own: what would be refused is said here.
  await askObjects(bucket, { method: 'HEAD', key, query: version });
  const name = fileNameOf(key);
  const query = {
    'x-link': '1',
    ...version,
    'response-content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`,
  };
  const { url } = (await (await askObjects(bucket, { key, query })).json()) as { url: string };
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
