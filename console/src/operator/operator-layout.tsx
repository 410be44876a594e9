/** Navigation of the operators' console. */
import { useQuery } from '@tanstack/react-query';
import { discovery } from '../api/discovery.ts';
import {
  APPROVAL_REQUESTS,
  BUNDLE_IMPORTS,
  BUNDLE_TRUSTS,
  INTERCONNECTIONS,
  ORGANIZATIONS,
  REGION_TIMES,
  RELEASES,
  SEAL_REPORTS,
  SEALS,
  VULNERABILITY_REPORTS,
} from '../parts/kind.ts';
import { Layout, type NavEntry } from '../shell/layout.tsx';
import { type Sections, sectionsOf } from '../shell/sections.ts';
import type { TextId } from '../texts/en.ts';
import { useTexts } from '../texts/texts.ts';

/** Kinds, by what they are for. */
const SECTIONS: Sections = [
  ['nav.group.region', ['images', 'regionissuers', 'witnesses']],
  ['nav.group.gap', ['importpolicies', 'contentinventories', 'exportrequests', 'exportpolicies']],
  ['nav.group.people', ['users', 'groups', 'rolebindings', 'clientcertificates', 'sessions']],
];

/** Pages of this console, first in their section. */
const PAGES: Readonly<Partial<Record<TextId, readonly (readonly [string, TextId])[]>>> = {
  'nav.group.region': [
    ['/alarms', 'operator.alarms.title'],
    ['/organizations', 'operator.org.title'],
    ['/approvals', 'operator.approvals.title'],
    ['/vulnerabilities', 'operator.vulnerabilities.title'],
    ['/ledger', 'operator.ledger'],
  ],
  'nav.group.gap': [
    ['/bundles', 'operator.bundles.title'],
    ['/releases', 'operator.releases.title'],
    ['/seal', 'operator.seal.title'],
  ],
};

/** What those pages show. */
const SHOWN = new Set(
  [
    APPROVAL_REQUESTS,
    BUNDLE_IMPORTS,
    BUNDLE_TRUSTS,
    INTERCONNECTIONS,
    ORGANIZATIONS,
    REGION_TIMES,
    RELEASES,
    SEAL_REPORTS,
    SEALS,
    VULNERABILITY_REPORTS,
  ].map((name) => `/resources/${name}`),
);

export function OperatorLayout() {
  const { say, kinds } = useTexts();
  const { data: resources = [] } = useQuery(discovery);
  const sections = sectionsOf(resources, SECTIONS, say('nav.home'), kinds).map(({ title, entries }) => {
    const pages = title === undefined ? [] : (PAGES[title] ?? []);
    const own = pages.map(([to, label]): NavEntry => ({ to, label: say(label) }));
    return { title, entries: [...own, ...entries.filter(({ to }) => !SHOWN.has(to))] };
  });
  return <Layout title={say('app.operator')} sections={sections} />;
}
