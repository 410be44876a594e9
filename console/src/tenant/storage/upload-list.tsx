/** Files on their way into a bucket, each with how far it is; those that failed say why. */
import {
  Alert,
  AlertActionLink,
  Button,
  Panel,
  PanelHeader,
  PanelMain,
  PanelMainBody,
  Progress,
  Title,
} from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';
import { shownName } from './keys.ts';
import { refusalText } from './refusal.ts';
import { FileChanged } from './send-file.ts';
import { sizeText } from './units.ts';
import { type Upload, uploadQueue, useUploads } from './upload-queue.ts';

/** Those that are on their way come first. */
const SHOWN_MAX = 20;
const RANK = { running: 0, failed: 1, waiting: 2, cancelled: 3, done: 4 } as const;

export function UploadList({ bucket }: { readonly bucket: string }) {
  const { say } = useTexts();
  const uploads = useUploads(bucket);
  if (uploads.length === 0) return null;
  const shown = uploads.toSorted((a, b) => RANK[a.state] - RANK[b.state]).slice(0, SHOWN_MAX);
  const left = uploads.filter(({ state }) => state === 'running' || state === 'waiting').length;
  return (
    <Panel variant="bordered" isScrollable aria-label={say('storage.uploads')} role="region">
      <PanelHeader className="casemate-actions">
        <Title headingLevel="h2" size="md" aria-live="polite">
          {left > 0 ? say('storage.uploads.left', { count: left }) : say('storage.uploads.done')}
        </Title>
        {left === 0 && (
          <Button variant="link" onClick={() => uploadQueue.clear(bucket)}>
            {say('storage.uploads.clear')}
          </Button>
        )}
      </PanelHeader>
      <PanelMain maxHeight="16rem" tabIndex={0}>
        <PanelMainBody>
          {shown.map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
          {uploads.length > shown.length && (
            <p>{say('storage.uploads.more', { count: uploads.length - shown.length })}</p>
          )}
        </PanelMainBody>
      </PanelMain>
    </Panel>
  );
}

function UploadRow({ upload }: { readonly upload: Upload }) {
  const { say, language } = useTexts();
  const { id, size, sent, state, isLost, error } = upload;
  const name = shownName(upload.key);
  const again = (
    <AlertActionLink
      isInline={false}
      onClick={() => uploadQueue.again(id)}
      aria-label={say('storage.upload.again', { name })}
    >
      {say('error.retry')}
    </AlertActionLink>
  );
  if (state === 'failed') {
    const why = error instanceof FileChanged ? say('storage.upload.fileChanged') : refusalText(error, say);
    return (
      <Alert
        component="p"
        variant="danger"
        isInline
        isPlain
        isLiveRegion
        title={say('pair', { name, value: why })}
        actionLinks={again}
      />
    );
  }
  const percent = size === 0 ? (state === 'done' ? 100 : 0) : Math.floor((100 * sent) / size);
  const label =
    state !== 'running'
      ? say(`storage.upload.${state}`)
      : isLost
        ? say('storage.upload.lost')
        : say('storage.upload.progress', {
            sent: sizeText(sent, language),
            size: sizeText(size, language),
          });
  return (
    <div className="casemate-upload">
      <Progress
        title={name}
        size="sm"
        value={percent}
        {...(state === 'done'
          ? { variant: 'success' as const }
          : isLost
            ? { variant: 'warning' as const }
            : {})}
        label={label}
      />
      {(state === 'running' || state === 'waiting') && (
        <Button
          variant="link"
          aria-label={say('storage.upload.cancel', { name })}
          onClick={() => uploadQueue.cancel(id)}
        >
          {say('cancel')}
        </Button>
      )}
      {state === 'cancelled' && (
        <Button
          variant="link"
          aria-label={say('storage.upload.again', { name })}
          onClick={() => uploadQueue.again(id)}
        >
          {say('error.retry')}
        </Button>
      )}
    </div>
  );
}
