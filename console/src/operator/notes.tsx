/** What the region noted in the last hour: its events. The record is the ledger. */
import { type ApiObject, useLiveList } from '../api/live-list.ts';
import { EVENTS, useKind } from '../parts/kind.ts';
import { RegionSays } from '../parts/region-says.tsx';
import { Rows } from '../parts/rows.tsx';
import { When } from '../parts/shown.tsx';
import { wordsOfKind } from '../texts/kind-words.ts';
import { useTexts } from '../texts/texts.ts';

export type Note = ApiObject & {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
};

const at = ({ lastTimestamp, metadata }: Note): string => lastTimestamp ?? metadata.creationTimestamp;

/** The newest first. */
export const useNotes = (): readonly Note[] =>
  useLiveList(useKind(EVENTS))
    .rows.map(({ object }) => object as Note)
    .toSorted((a, b) => at(b).localeCompare(at(a)));

export function NotesTable({ label, notes }: { readonly label: string; readonly notes: readonly Note[] }) {
  const { say } = useTexts();
  return (
    <Rows
      label={label}
      isCompact
      items={notes}
      keyOf={({ metadata }) => metadata.uid}
      columns={[
        { title: say('operator.seal.at'), cell: (note) => <When at={at(note)} /> },
        {
          title: say('operator.home.note.kind'),
          cell: ({ type }) =>
            say(type === 'Warning' ? 'operator.home.note.warning' : 'operator.home.note.normal'),
        },
        {
          title: say('consent.request.object'),
          cell: ({ involvedObject }) =>
            involvedObject === undefined
              ? ''
              : `${wordsOfKind(involvedObject.kind ?? '').title} ${involvedObject.name ?? ''}`,
        },
        {
          title: say('operator.home.note'),
          cell: ({ message = '', count = 1 }) => (
            <>
              <RegionSays>{message}</RegionSays>
              {count > 1 && ` (${say('operator.alarms.times', { count })})`}
            </>
          ),
        },
      ]}
    />
  );
}
