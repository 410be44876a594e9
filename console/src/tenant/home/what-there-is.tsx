/** How many of each kind that people depend on there are, and how many of them are not ready. */
import { Card, CardBody, CardTitle, Content, Gallery, GalleryItem } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { resourceName } from '../../api/discovery.ts';
import { useTexts } from '../../texts/texts.ts';
import { COUNTED_MAX, type LookedAt } from './not-ready.ts';

export interface WhatThereIsProps {
  readonly looked: readonly LookedAt[];
  readonly project: string | undefined;
}

export function WhatThereIs({ looked, project }: WhatThereIsProps) {
  const { say, kinds } = useTexts();
  return (
    <Gallery hasGutter minWidths={{ default: '12rem' }}>
      {looked.map(({ resource, count, notReady }) => (
        <GalleryItem key={resourceName(resource)}>
          <Card isFullHeight isCompact component="section">
            <CardTitle component="h3">
              <Link to={`/resources/${resourceName(resource)}`} search={{ project } as never}>
                {kinds(resource)}
              </Link>
            </CardTitle>
            <CardBody>
              <Content component="p">
                <strong>{say('home.have.count', { count, isMore: String(count >= COUNTED_MAX) })}</strong>
              </Content>
              <Content component="small">
                {count === 0
                  ? say('home.have.none')
                  : notReady.length === 0
                    ? say('home.have.ready')
                    : say('home.have.notReady', { count: notReady.length })}
              </Content>
            </CardBody>
          </Card>
        </GalleryItem>
      ))}
    </Gallery>
  );
}
