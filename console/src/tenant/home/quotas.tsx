/** What projects may hold, and what they hold of it. */
import {
  Card,
  CardBody,
  CardTitle,
  Content,
  Gallery,
  Progress,
  ProgressVariant,
  Stack,
  StackItem,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import type { QuotaSpec, QuotaStatus } from '../../../../src/services/tenancy/quota.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { percentOf } from './amount.ts';
import { quotaText } from './quota-words.ts';

const NEARLY_FULL_PERCENT = 90;
const FULL_PERCENT = 100;
const QUOTAS_SHOWN_MAX = 24;

export function Quotas({ quotas }: { readonly quotas: readonly ApiObject[] }) {
  const { say } = useTexts();
  if (quotas.length === 0) return <Content component="p">{say('proof.home.quotas.none')}</Content>;
  return (
    <Gallery hasGutter minWidths={{ default: '20rem' }}>
      {quotas.slice(0, QUOTAS_SHOWN_MAX).map(({ metadata, spec, status }) => (
        <Card key={metadata.uid} component="section" isCompact>
          <CardTitle component="h3">
            <Link
              to="/resources/$resource/$project/$name"
              params={
                {
                  resource: 'quotas.tenancy.casemate.internal',
                  project: metadata.namespace ?? '',
                  name: metadata.name,
                } as never
              }
            >
              {metadata.namespace}
            </Link>
          </CardTitle>
          <CardBody>
            <Stack hasGutter>
              {Object.entries((spec as QuotaSpec | undefined)?.hard ?? {}).map(([what, limit]) => (
                <StackItem key={what}>
                  <Usage
                    what={what}
                    used={(status as QuotaStatus | undefined)?.used?.[what]}
                    limit={String(limit)}
                  />
                </StackItem>
              ))}
            </Stack>
          </CardBody>
        </Card>
      ))}
    </Gallery>
  );
}

interface UsageProps {
  readonly what: string;
  readonly used: string | undefined;
  readonly limit: string;
}

function Usage({ what, used, limit }: UsageProps) {
  const { say, kinds } = useTexts();
  const percent = percentOf(used, limit);
  const variant =
    percent === undefined || percent < NEARLY_FULL_PERCENT
      ? undefined
      : percent < FULL_PERCENT
        ? ProgressVariant.warning
        : ProgressVariant.danger;
  const text = say('proof.home.quotas.used', { used: used ?? '?', limit });
  return (
    <Progress
      size="sm"
      title={quotaText(what, say, kinds)}
      value={percent ?? 0}
      label={text}
      valueText={text}
      {...(variant === undefined ? {} : { variant })}
    />
  );
}
