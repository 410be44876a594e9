/** A bundle whose bytes are still coming: from this browser, from another, or from the region's own disk. */
import {
  Alert,
  Button,
  Content,
  FileUpload,
  Flex,
  FlexItem,
  FormGroup,
  Progress,
} from '@patternfly/react-core';
import { useSyncExternalStore } from 'react';
import { bytesText } from '../../parts/shown.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { type Import, isUploading } from './import.ts';
import { uploads, WrongFile } from './uploads.ts';

export function Receiving({ bundle }: { readonly bundle: Import }) {
  const { say, language } = useTexts();
  const { name } = bundle.metadata;
  const upload = useSyncExternalStore(uploads.subscribe, () => uploads.get(name));
  if (!isUploading(bundle)) {
    const { done, total } = bundle.status?.bytes ?? { done: 0, total: 0 };
    return total === 0 ? null : (
      <Progress
        title={say('operator.receiving.quarantine')}
        value={Math.floor((100 * done) / total)}
        label={say('operator.receiving.of', {
          done: bytesText(done, language),
          total: bytesText(total, language),
        })}
      />
    );
  }
  const again = (
    <FormGroup label={say('operator.receiving.file')} fieldId="again-filename">
      <FileUpload
        id="again"
        filename=""
        filenamePlaceholder={say('operator.bring.file.drop')}
        filenameAriaLabel={say('operator.receiving.file')}
        browseButtonText={say('operator.bring.file.browse')}
        clearButtonText={say('operator.bring.file.clear')}
        hideDefaultPreview
        onFileInputChange={(_event, file) => uploads.start(name, file)}
      />
    </FormGroup>
  );
  if (upload === undefined || upload.state === 'done')
    return (
      <>
        <Content component="p">{say('operator.receiving.elsewhere')}</Content>
        {again}
      </>
    );
  const { file, bytes, state, error } = upload;
  return (
    <>
      <Progress
        title={say('operator.receiving.upload', { file: file.name })}
        value={file.size === 0 ? 0 : Math.floor((100 * bytes) / file.size)}
        label={say('operator.receiving.of', {
          done: bytesText(bytes, language),
          total: bytesText(file.size, language),
        })}
        {...(state === 'failed' ? { variant: 'danger' as const } : {})}
      />
      {state === 'failed' && (
        <Alert
          component="p"
          variant="danger"
          isInline
          isLiveRegion
          title={error instanceof WrongFile ? say('operator.receiving.wrongFile') : problemText(error, say)}
        >
          {say('operator.receiving.kept')}
        </Alert>
      )}
      {state === 'running' ? (
        <Flex>
          <FlexItem>
            <Content component="p">{say('operator.receiving.leave')}</Content>
          </FlexItem>
          <FlexItem>
            <Button variant="secondary" onClick={() => uploads.stop(name)}>
              {say('operator.receiving.stop')}
            </Button>
          </FlexItem>
        </Flex>
      ) : (
        <>
          <Button onClick={() => uploads.start(name, file)}>{say('operator.receiving.goOn')}</Button>
          {error instanceof WrongFile && again}
        </>
      )}
    </>
  );
}
