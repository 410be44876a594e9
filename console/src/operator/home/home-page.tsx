/** The operators' first page: what needs them, how the region is, and what it noted. */
import {
  Alert,
  Card,
  CardBody,
  CardTitle,
  Content,
  EmptyState,
  EmptyStateBody,
  Gallery,
  GalleryItem,
  Skeleton,
  Stack,
  StackItem,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RegionAbout, Sample } from '../../../../src/region/about/about.ts';
import { useLiveList, useLiveObject } from '../../api/live-list.ts';
import { BUNDLE_IMPORTS, ORGANIZATIONS, SEALS, useKind, VULNERABILITY_REPORTS } from '../../parts/kind.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { bytesText } from '../../parts/shown.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { type Import, phaseOf } from '../bundles/import.ts';
import { NotesTable, useNotes } from '../notes.tsx';
import { regionStatus } from '../region-status.ts';
import { conditionOf } from '../seal/reports.ts';
import { SEVERITIES, SeverityLabel } from '../vulnerabilities/severity.tsx';
import { useAttention } from './attention.ts';
import { Processes } from './processes.tsx';
import { Trend } from './trend.tsx';

const NOTES_SHOWN_MAX = 12;

export function HomePage() {
  const { say } = useTexts();
  const { data: about, error } = useQuery(regionStatus);
  return (
    <Page
      title={about === undefined ? say('home.title') : say('operator.home.title', { name: about.name })}
      lead={about === undefined ? undefined : `Casemate ${about.version}`}
    >
      <Part title={say('home.attention')}>
        <Attention about={about} />
      </Part>
      <Part title={say('operator.home.region')}>
        <Tiles />
      </Part>
      <Part title={say('operator.home.machine')}>
        {error !== null && <Alert component="p" variant="warning" isInline title={problemText(error, say)} />}
        {about !== undefined && <Machine about={about} />}
      </Part>
      {about !== undefined && about.processes.length > 0 && (
        <Part title={say('operator.home.processes')}>
          <Processes processes={about.processes} />
        </Part>
      )}
      <Part title={say('operator.home.notes')}>
        <Notes />
      </Part>
    </Page>
  );
}

function Attention({ about }: { readonly about: RegionAbout | undefined }) {
  const { say } = useTexts();
  const { isLoading, items } = useAttention(about);
  if (isLoading) return <Skeleton screenreaderText={say('app.loading')} />;
  if (items.length === 0)
    return (
      <EmptyState titleText={say('home.attention.none')} headingLevel="h3" variant="sm" status="success">
        <EmptyStateBody>{say('operator.home.nothing')}</EmptyStateBody>
      </EmptyState>
    );
  return (
    <Stack hasGutter>
      {items.map(({ id, status, text, detail, says, to, tab }) => (
        <StackItem key={id}>
          <Alert
            variant={status}
            isInline
            component="h3"
            title={text}
            actionLinks={
              to === '/' ? undefined : (
                <LinkButton to={to} tab={tab} variant="link" isInline>
                  {say('operator.home.look')}
                </LinkButton>
              )
            }
          >
            {says === undefined ? detail : <RegionSays>{says}</RegionSays>}
          </Alert>
        </StackItem>
      ))}
    </Stack>
  );
}

function Tiles() {
  const { say } = useTexts();
  const organizations = useLiveList(useKind(ORGANIZATIONS)).rows.length;
  const bundles = useLiveList(useKind(BUNDLE_IMPORTS)).rows.map(({ object }) => object as Import);
  const seal = conditionOf(useLiveObject(useKind(SEALS), undefined, 'region').object, 'Sealed');
  const report = useLiveObject(useKind(VULNERABILITY_REPORTS), undefined, 'newest').object;
  const counts = (report?.status as { counts?: Readonly<Record<string, number>> } | undefined)?.counts;
  const published = bundles.filter((one) => phaseOf(one) === 'Published').length;
  return (
    <Gallery hasGutter minWidths={{ default: '220px' }}>
      <Tile title={say('operator.org.title')} to="/organizations">
        {organizations}
      </Tile>
      <Tile title={say('operator.bundles.title')} to="/bundles">
        {say('operator.home.published', { count: published })}
      </Tile>
      <Tile title={say('operator.seal.title')} to="/seal">
        {say(seal?.status === 'True' ? 'operator.seal.sealed' : 'operator.seal.notSealed')}
      </Tile>
      <Tile title={say('operator.vulnerabilities.title')} to="/vulnerabilities">
        {counts === undefined
          ? say('operator.scan.noData')
          : SEVERITIES.slice(0, 2).map((severity) => (
              <SeverityLabel key={severity} severity={severity} count={counts[severity] ?? 0} />
            ))}
      </Tile>
    </Gallery>
  );
}

interface TileProps {
  readonly title: string;
  readonly to: string;
  readonly children: React.ReactNode;
}

function Tile({ title, to, children }: TileProps) {
  return (
    <GalleryItem>
      <Card isFullHeight component="section">
        <CardTitle component="h3">
          <Link to={to}>{title}</Link>
        </CardTitle>
        <CardBody>{children}</CardBody>
      </Card>
    </GalleryItem>
  );
}

function Machine({ about }: { readonly about: RegionAbout }) {
  const { say, language } = useTexts();
  const { processors, load, memory, disk } = about.machine;
  const history = (share: (sample: Sample) => number) => about.samples.map(share);
  const of = ({ used, total }: { readonly used: number; readonly total: number }) =>
    say('operator.receiving.of', { done: bytesText(used, language), total: bytesText(total, language) });
  return (
    <Gallery hasGutter minWidths={{ default: '280px' }}>
      <Trend
        title={say('operator.home.processors')}
        share={load / processors}
        label={say('operator.home.load', { load: load.toFixed(2), processors })}
        history={history((sample) => sample.load / processors)}
      />
      <Trend
        title={say('operator.home.memory')}
        share={memory.used / memory.total}
        label={of(memory)}
        history={history((sample) => sample.memory / memory.total)}
      />
      <Trend
        title={say('operator.home.storage')}
        share={disk.used / disk.total}
        label={of(disk)}
        history={history((sample) => sample.disk / disk.total)}
      />
    </Gallery>
  );
}

function Notes() {
  const { say } = useTexts();
  const notes = useNotes().slice(0, NOTES_SHOWN_MAX);
  if (notes.length === 0) return <Content component="p">{say('operator.home.notes.none')}</Content>;
  return <NotesTable label={say('operator.home.notes')} notes={notes} />;
}
