/** A figure of the machine: how much of it is taken, and how that went. */
import { Card, CardBody, CardTitle, Content, Progress } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';

const WIDTH = 240;
const HEIGHT = 40;
const HIGH = 0.9;
const PERCENT = 100;

export interface TrendProps {
  readonly title: string;
  /** 0 to 1; more of a load that is more than there is. */
  readonly share: number;
  readonly label: string;
  /** The oldest first, as shares. */
  readonly history: readonly number[];
}

export function Trend({ title, share, label, history }: TrendProps) {
  const { say } = useTexts();
  const step = WIDTH / Math.max(1, history.length - 1);
  const points = history
    .map((value, at) => `${(at * step).toFixed(1)},${(HEIGHT * (1 - Math.min(1, value))).toFixed(1)}`)
    .join(' ');
  const [low, high] = [Math.min(...history), Math.max(...history)].map((value) =>
    Math.round(PERCENT * value),
  );
  return (
    <Card isFullHeight component="section">
      <CardTitle component="h3">{title}</CardTitle>
      <CardBody>
        <Progress
          aria-label={title}
          value={Math.min(PERCENT, Math.round(PERCENT * share))}
          label={`${Math.round(PERCENT * share)} %`}
          {...(share >= HIGH ? { variant: 'warning' as const } : {})}
        />
        <Content component="p">{label}</Content>
        {history.length > 1 && (
          <svg
            role="img"
            aria-label={say('operator.home.trend', { low: low ?? 0, high: high ?? 0 })}
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            width="100%"
            height={HEIGHT}
            preserveAspectRatio="none"
          >
            <polyline points={points} fill="none" stroke="currentColor" strokeWidth="1.5" />
          </svg>
        )}
      </CardBody>
    </Card>
  );
}
