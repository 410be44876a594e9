/** Lines over time, drawn by hand: small, in the page's colours, with gaps where nothing is known. What it shows is also told in words and in a table. */
import { type PointerEvent, useState } from 'react';
import type { Stretch } from './figures.ts';
import './metrics.css';

/** Of the drawing; it is stretched to the page's width. */
const WIDTH = 600;
const HEIGHT = 120;
/** Quarters of the scale that have a line. */
const GRID = [0, 0.25, 0.5, 0.75, 1] as const;
const DIGITS = 1;

export interface Line {
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

export interface LineChartProps {
  /** One or two. */
  readonly lines: readonly Line[];
  /** What is at the top; the bottom is nought. */
  readonly top: number;
  readonly from_ms: number;
  readonly until_ms: number;
  /** For who does not see it. */
  readonly label: string;
  amount(value: number): string;
  clock(at_ms: number): string;
}

export function LineChart({ lines, top, from_ms, until_ms, label, amount, clock }: LineChartProps) {
  const [pointed_ms, setPointed] = useState<number>();
  const x = (at_ms: number) => (WIDTH * (at_ms - from_ms)) / (until_ms - from_ms);
  const y = (value: number) => HEIGHT * (1 - Math.min(1, value / top));
  const nearest = pointed_ms === undefined ? undefined : nearestTo(lines, pointed_ms);
  const point = ({ currentTarget, clientX }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setPointed(from_ms + ((clientX - left) / width) * (until_ms - from_ms));
  };
  return (
    <div className="casemate-chart">
      <div className="casemate-chart-scale" aria-hidden="true">
        <span>{amount(top)}</span>
        <span>{amount(top / 2)}</span>
        <span>{amount(0)}</span>
      </div>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerMove={point}
        onPointerLeave={() => setPointed(undefined)}
      >
        {GRID.map((share) => (
          <line
            key={share}
            className="casemate-chart-grid"
            x1={0}
            x2={WIDTH}
            y1={HEIGHT * share}
            y2={HEIGHT * share}
          />
        ))}
        {lines.map(({ name, stretches }, at) => (
          <g key={name} className={`casemate-chart-line-${at}`}>
            {stretches.map((stretch) => (
              <Drawn
                key={stretch[0]?.at_ms}
                points={stretch.map(({ at_ms, value }) => ({ x: x(at_ms), y: y(value) }))}
                isFilled={lines.length === 1}
              />
            ))}
          </g>
        ))}
        {nearest !== undefined && (
          <line className="casemate-chart-cursor" x1={x(nearest)} x2={x(nearest)} y1={0} y2={HEIGHT} />
        )}
      </svg>
      <div className="casemate-chart-times" aria-hidden="true">
        {nearest === undefined ? (
          [from_ms, (from_ms + until_ms) / 2, until_ms].map((at_ms) => (
            <span key={at_ms}>{clock(at_ms)}</span>
          ))
        ) : (
          <strong>
            {[clock(nearest), ...lines.flatMap((line) => valueAt(line, nearest, amount))].join(' · ')}
          </strong>
        )}
      </div>
    </div>
  );
}

interface DrawnProps {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly isFilled: boolean;
}

function Drawn({ points, isFilled }: DrawnProps) {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const at = ({ x, y }: DrawnProps['points'][number]) => `${x.toFixed(DIGITS)},${y.toFixed(DIGITS)}`;
  return (
    <>
      {isFilled && (
        <polygon
          className="casemate-chart-area"
          points={[{ x: first.x, y: HEIGHT }, ...points, { x: last.x, y: HEIGHT }].map(at).join(' ')}
        />
      )}
      <polyline className="casemate-chart-line" points={points.map(at).join(' ')} />
      {/* A line of no length has round ends: a dot, however far the drawing is stretched. */}
      <polyline className="casemate-chart-line casemate-chart-dot" points={`${at(last)} ${at(last)}`} />
    </>
  );
}

/** The time of the point that is nearest to where somebody points. */
function nearestTo(lines: readonly Line[], wanted_ms: number): number | undefined {
  let found: number | undefined;
  for (const { at_ms } of lines.flatMap(({ stretches }) => stretches.flat()))
    if (found === undefined || Math.abs(at_ms - wanted_ms) < Math.abs(found - wanted_ms)) found = at_ms;
  return found;
}

function valueAt({ name, stretches }: Line, at_ms: number, amount: LineChartProps['amount']): string[] {
  const point = stretches.flat().find((one) => one.at_ms === at_ms);
  return point === undefined ? [] : [`${name} ${amount(point.value)}`];
}
