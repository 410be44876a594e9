/** What an object is: its size, when it came, its digest, under which key it lies. */
import { useTexts } from '../../texts/texts.ts';
import { Facts } from './facts.tsx';
import type { ObjectHead } from './object-head.ts';
import { sizeText, timeText } from './units.ts';

export function ObjectFacts({ head }: { readonly head: ObjectHead }) {
  const { say, language } = useTexts();
  const { size, modified, type, etag, encryption, checksum, versionId, headers } = head;
  return (
    <Facts
      facts={[
        [say('storage.size'), `${sizeText(size, language)} (${size.toLocaleString(language)})`],
        [say('storage.modified'), timeText(modified, language)],
        [say('storage.type'), type],
        ...Object.entries(headers),
        ['ETag', etag],
        ...(checksum === undefined ? [] : [[checksum.algorithm, checksum.value] as const]),
        [say('storage.version'), versionId],
        [
          say('storage.encryption'),
          encryption === 'aws:kms' ? say('storage.encryption.key') : say('storage.encryption.own'),
        ],
      ]}
    />
  );
}
