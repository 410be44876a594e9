/** Who cosigned a log, and what of it holds in this browser: verified, only named, impossible to check here, or wrong, which is an alarm. */
import { Alert, Label, List, ListItem } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { algorithmOf } from './cosignature.ts';
import type { Cosigner, Cosigners } from './cosigners.ts';
import { Moment } from './moment.tsx';

const STATUS: Readonly<Record<Cosigner['state'], 'success' | 'info' | 'warning' | 'danger'>> = {
  verified: 'success',
  named: 'info',
  'no-algorithm': 'warning',
  wrong: 'danger',
  'other-history': 'danger',
};

const isAlarm = ({ state }: Cosigner) => state === 'wrong' || state === 'other-history';

export function CosignersList({ cosigners, silent }: Cosigners) {
  const { say } = useTexts();
  if (cosigners.length === 0 && silent.length === 0) return say('proof.state.cosigners.none');
  return (
    <>
      {cosigners.some(isAlarm) && (
        <Alert variant="danger" isInline isLiveRegion component="h3" title={say('proof.cosigner.alarm')}>
          {say('proof.alarm')}
        </Alert>
      )}
      <List isPlain>
        {cosigners.map(({ name, keyId, at, size, state }) => (
          <ListItem key={`${name}+${keyId}`}>
            {say('proof.state.cosigner', { name, keyId, size })} <Moment at={at.toISOString()} />{' '}
            <Label isCompact status={STATUS[state]}>
              {say(`proof.cosigner.${state}`)}
            </Label>
          </ListItem>
        ))}
        {silent.map((key) => (
          <ListItem key={key.vkey}>
            {say('proof.cosigner.silent', { name: key.name, keyId: key.keyId, algorithm: algorithmOf(key) })}
          </ListItem>
        ))}
      </List>
    </>
  );
}
