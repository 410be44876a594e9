/** Requests of which nothing more comes: what was asked, by whom, and who decided what. */
import { Link } from '@tanstack/react-router';
import { Rows } from '../parts/rows.tsx';
import { When } from '../parts/shown.tsx';
import { pairText } from '../texts/pair.ts';
import { useTexts } from '../texts/texts.ts';
import { targetPath, transitionText } from './names.ts';
import type { Request } from './requests.ts';

const SHOWN_MAX = 100;

/** `requests`: the newest first. */
export function EndedRequests({ requests }: { readonly requests: readonly Request[] }) {
  const { say } = useTexts();
  return (
    <Rows
      label={say('consent.ended')}
      isCompact
      items={requests.slice(0, SHOWN_MAX)}
      keyOf={({ metadata }) => metadata.uid}
      columns={[
        { title: say('consent.ended.what'), cell: ({ spec }) => transitionText(spec.transition, say) },
        {
          title: say('consent.request.object'),
          cell: ({ spec }) => <Link to={targetPath(spec.target)}>{spec.target.name}</Link>,
        },
        { title: say('consent.request.by'), cell: ({ status }) => status.requestedBy },
        {
          title: say('consent.ended.outcome'),
          cell: ({ status: { phase } }) =>
            say(
              phase === 'Used' || phase === 'Rejected' ? `consent.ended.${phase}` : 'consent.ended.Expired',
            ),
        },
        {
          title: say('consent.ended.decided'),
          cell: ({ status: { approvals, rejection } }) =>
            [...approvals, ...(rejection === undefined ? [] : [rejection])]
              .map(({ by, note }) => pairText(say, by, note))
              .join(', '),
        },
        {
          title: say('consent.ended.asked'),
          cell: ({ metadata }) => <When at={metadata.creationTimestamp} />,
        },
      ]}
    />
  );
}
