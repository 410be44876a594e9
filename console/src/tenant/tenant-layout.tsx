/** Navigation of an organization's console: kinds that people come for first, by what they are for. */
import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { discovery } from '../api/discovery.ts';
import { place } from '../session/place.ts';
import { Layout, type NavEntry } from '../shell/layout.tsx';
import { type Sections, sectionsOf } from '../shell/sections.ts';
import type { TextId } from '../texts/en.ts';
import { useTexts } from '../texts/texts.ts';
import { ProjectMenu } from './project-menu.tsx';

const SECTIONS: Sections = [
  ['nav.group.compute', ['instances', 'instancesnapshots', 'images']],
  ['nav.group.network', ['networks', 'firewallpolicies', 'forwards']],
  [
    'nav.group.storage',
    ['buckets', 'accesskeys', 'volumes', 'volumesnapshots', 'backupplans', 'backups', 'restores'],
  ],
  ['nav.group.keys', ['keys', 'issuedcertificates', 'secrets']],
  [
    'nav.group.people',
    ['namespaces', 'users', 'groups', 'rolebindings', 'guardrails', 'serviceaccounts', 'sessions'],
  ],
  ['nav.group.proof', ['accessreviews']],
];

/** Pages of this console, first in their section. */
const PAGES: Readonly<Partial<Record<TextId, readonly (readonly [string, TextId])[]>>> = {
  'nav.group.network': [
    ['/networks/picture', 'nav.picture'],
    ['/networks/may-talk', 'nav.mayTalk'],
  ],
  'nav.group.proof': [
    ['/ledger', 'proof.ledger'],
    ['/access', 'proof.operators'],
    ['/approvals', 'proof.approvals'],
    ['/access/who', 'proof.reach'],
    ['/access/sessions', 'proof.sessions'],
  ],
};

/** What those pages show. */
const SHOWN: ReadonlySet<string> = new Set(
  ['accessrequests', 'approvalrequests', 'terminalrecordings'].map(
    (plural) => `/resources/${plural}.access.casemate.internal`,
  ),
);

export function TenantLayout() {
  const { say, kinds } = useTexts();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { data: resources = [] } = useQuery(discovery);
  const sections = sectionsOf(resources, SECTIONS, say('nav.home'), kinds).map(({ title, entries }) => {
    const pages = title === undefined ? [] : (PAGES[title] ?? []);
    return {
      title,
      entries: [
        ...pages.map(([to, label]): NavEntry => ({ to, label: say(label) })),
        ...entries.filter(({ to }) => !SHOWN.has(to)),
      ],
    };
  });
  return (
    <Layout
      title={place.organization ?? ''}
      sections={sections}
      context={
        <ProjectMenu
          chosen={project}
          onChoose={(next) => void navigate({ to: pathname, search: { project: next } as never })}
        />
      }
    />
  );
}
