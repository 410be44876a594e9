/** What an instance used in the last hour or day. Which of them is part of the address. */
import {
  Bullseye,
  Content,
  EmptyState,
  EmptyStateBody,
  ExpandableSection,
  Gallery,
  Spinner,
  ToggleGroup,
  ToggleGroupItem,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { askJson } from '../../../api/client.ts';
import { pathOf } from '../../../api/discovery.ts';
import type { TabProps } from '../../../resources/detail-page.tsx';
import { place } from '../../../session/place.ts';
import { Problem } from '../../../shell/problem.tsx';
import { localeOf } from '../../../texts/locale.ts';
import { useTexts } from '../../../texts/texts.ts';
import { sizeText } from '../../storage/units.ts';
import { statusOf } from '../instance.ts';
import '../compute.css';
import {
  bytesText,
  type Figure,
  type InstanceMetricsAnswer,
  percentText,
  roundAbove,
  WINDOWS,
  type Window,
} from './figures.ts';
import { MetricCard } from './metric-card.tsx';
import { MetricsTable } from './metrics-table.tsx';

/** The region measures again when somebody looks, every ten seconds at most. */
const ASK_EVERY_MS = 15_000;
/** Until something is drawn: a figure a second takes two looks. */
const ASK_FIRST_EVERY_MS = 5_000;
/** Less is drawn at the bottom, and not as if it were much. */
const RATE_MIN = 1_000;
const CARD_WIDTH = '24rem';

export function MetricsTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const navigate = useNavigate();
  const { window: wanted } = useSearch({ strict: false }) as { window?: string };
  const window = WINDOWS.find((one) => one === wanted) ?? WINDOWS[0];
  const { namespace, name, uid } = object.metadata;
  const path = `${pathOf(resource, namespace, name)}/metrics?window=${window}`;
  const { data, error, dataUpdatedAt } = useQuery({
    queryKey: ['metrics', uid, window],
    queryFn: ({ signal }) => askJson<InstanceMetricsAnswer>(path, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.samples.some(({ cpu }) => cpu !== undefined) ? ASK_EVERY_MS : ASK_FIRST_EVERY_MS,
  });
  const choose = (next: Window) =>
    void navigate({
      search: ((before: object) => ({ ...before, window: next })) as never,
      replace: true,
    });
  return (
    <>
      <ToggleGroup aria-label={say('compute.metrics.window')}>
        {WINDOWS.map((one) => (
          <ToggleGroupItem
            key={one}
            text={say(`compute.metrics.window.${one}`)}
            buttonId={`metrics-${one}`}
            isSelected={one === window}
            onChange={() => choose(one)}
          />
        ))}
      </ToggleGroup>
      {data === undefined ? (
        error !== null ? (
          <Problem error={error} />
        ) : (
          <Bullseye>
            <Spinner aria-label={say('app.loading')} />
          </Bullseye>
        )
      ) : data.samples.length === 0 ? (
        <Nothing isOff={statusOf(object).phase === 'Stopped'} />
      ) : (
        <Figures answer={data} window={window} until_ms={dataUpdatedAt} />
      )}
      <Content component="small" className="casemate-heading">
        {say('compute.metrics.note')} <code>{`kubectl get --raw '${place.prefix}${path}'`}</code>
      </Content>
    </>
  );
}

function Nothing({ isOff }: { readonly isOff: boolean }) {
  const { say } = useTexts();
  return (
    <EmptyState titleText={say(isOff ? 'compute.metrics.off' : 'compute.metrics.none')} headingLevel="h2">
      <EmptyStateBody>{say(isOff ? 'compute.metrics.off.body' : 'compute.metrics.none.body')}</EmptyStateBody>
    </EmptyState>
  );
}

interface FiguresProps {
  readonly answer: InstanceMetricsAnswer;
  readonly window: Window;
  readonly until_ms: number;
}

function Figures({ answer: { samples, limits, periodSeconds }, window, until_ms }: FiguresProps) {
  const { say, language } = useTexts();
  const locale = localeOf(language, navigator.languages);
  const [isOpen, setOpen] = useState(false);
  const percent = (share: number) => percentText(share, locale);
  const rate = (bytes: number) => say('compute.metrics.rate', { amount: sizeText(bytes, locale) });
  const sized = (field: 'memory' | 'disk'): Figure => ({
    name: say(`compute.metrics.${field}`),
    value: (sample) => sample[field],
    amount: (bytes) => bytesText(bytes, locale),
  });
  const cpu: Figure = {
    name: say('compute.metrics.cpu'),
    value: (sample) => (sample.cpu === undefined ? undefined : sample.cpu / limits.cpu),
    amount: percent,
  };
  const memory = sized('memory');
  const disk = sized('disk');
  const flow = (field: 'received' | 'sent'): Figure => ({
    name: say(`compute.metrics.${field}`),
    value: (sample) => sample[field],
    amount: rate,
  });
  const network = [flow('received'), flow('sent')] as const;
  const common = { samples, periodSeconds, window, until_ms };
  const ofBytes = (value: number) => ({
    value,
    text: say('compute.metrics.of', { limit: bytesText(value, locale) }),
  });
  return (
    <>
      <Gallery hasGutter minWidths={{ default: `min(100%, ${CARD_WIDTH})` }} className="casemate-heading">
        <MetricCard
          {...common}
          title={cpu.name}
          lines={[cpu]}
          limit={{ value: 1, text: say('compute.metrics.ofCpus', { count: limits.cpu }) }}
        />
        <MetricCard {...common} title={memory.name} lines={[memory]} limit={ofBytes(limits.memory)} />
        <MetricCard {...common} title={disk.name} lines={[disk]} limit={ofBytes(limits.disk)} />
        <MetricCard
          {...common}
          title={say('compute.metrics.network')}
          lines={network}
          topOf={(values) => roundAbove(values, RATE_MIN)}
        />
      </Gallery>
      <ExpandableSection
        toggleText={say('compute.metrics.table')}
        isExpanded={isOpen}
        onToggle={(_event, next) => setOpen(next)}
      >
        {isOpen && (
          <MetricsTable figures={[cpu, memory, disk, ...network]} samples={samples} window={window} />
        )}
      </ExpandableSection>
    </>
  );
}
