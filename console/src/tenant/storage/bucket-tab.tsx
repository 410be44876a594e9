/** What a bucket holds and how it keeps it, in words; what can be set is set here, and is the Bucket's spec like anything else. */
import { Alert, Title } from '@patternfly/react-core';
import { useState } from 'react';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf, bucketStatusOf } from './bucket.ts';
import { SettingsForm } from './bucket-settings-form.tsx';
import { CorsPanel } from './cors-panel.tsx';
import { Facts } from './facts.tsx';
import { LifecyclePanel } from './lifecycle-panel.tsx';
import { PublicAccessPanel } from './public-access-panel.tsx';
import './storage.css';
import { sizeText, timeText } from './units.ts';

export function BucketTab({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const [isSaved, setSaved] = useState(false);
  const spec = bucketSpecOf(object);
  const { usage, damaged = [], endpoint, key: usedKey } = bucketStatusOf(object);
  const { quota } = spec;
  const retention = spec.objectLock?.defaultRetention;
  const holds =
    usage === undefined
      ? say('storage.bucket.holds.unknown')
      : say('storage.bucket.holds', { count: usage.objects, size: sizeText(usage.bytes, language) });
  const isPublic = spec.policy !== undefined && spec.publicAccessBlock.restrictPublicBuckets !== true;
  return (
    <div className="casemate-parts">
      {damaged.length > 0 && (
        <Alert
          component="p"
          variant="danger"
          isInline
          title={say('storage.bucket.damaged', { count: damaged.length, key: damaged[0]?.key ?? '' })}
        />
      )}
      <Facts
        facts={[
          [say('storage.bucket.usage'), holds],
          [say('storage.bucket.counted'), usage && timeText(usage.observedAt, language)],
          [say('storage.bucket.endpoint'), endpoint],
          [
            say('storage.encryption'),
            usedKey === undefined
              ? say('storage.encryption.own')
              : say('storage.bucket.key.used', { key: usedKey }),
          ],
          [
            say('storage.lock'),
            spec.objectLock?.enabled === true
              ? say('storage.bucket.lock.on')
              : say('storage.bucket.lock.off'),
          ],
          [
            say('storage.bucket.public'),
            say(isPublic ? 'storage.bucket.public.policy' : 'storage.bucket.public.no'),
          ],
        ]}
      />
      <Title headingLevel="h2">{say('storage.bucket.settings')}</Title>
      <SettingsForm
        // What somebody else changed is shown, unless one is in the middle of it oneself.
        key={JSON.stringify([spec.versioning, retention, quota, spec.key])}
        resource={resource}
        object={object}
        isSaved={isSaved}
        setSaved={setSaved}
      />
      <LifecyclePanel resource={resource} object={object} />
      <CorsPanel resource={resource} object={object} />
      <PublicAccessPanel
        key={JSON.stringify([spec.policy, spec.publicAccessBlock])}
        resource={resource}
        object={object}
      />
    </div>
  );
}
