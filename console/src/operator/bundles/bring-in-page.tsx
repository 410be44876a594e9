/** Brings a bundle in: a file from here, or what lies in the inbox of the region's machine. */
import { FileUpload, FormGroup, Radio, StackItem } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FieldHelp } from '../../parts/field-help.tsx';
import { BUNDLE_IMPORTS, useKind } from '../../parts/kind.ts';
import { make } from '../../parts/named.ts';
import { Page } from '../../parts/page.tsx';
import { bytesText } from '../../parts/shown.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useWork, WorkForm } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import { nameOf } from './import.ts';
import { uploads } from './uploads.ts';

type From = 'file' | 'inbox';

export function BringInPage() {
  const { say, language } = useTexts();
  const navigate = useNavigate();
  const resource = useKind(BUNDLE_IMPORTS);
  const [from, setFrom] = useState<From>('file');
  const [file, setFile] = useState<File>();
  const [source, setSource] = useState('');
  const [chosenName, setName] = useState<string>();
  const [wasTried, setTried] = useState(false);
  const work = useWork();
  const name = chosenName ?? nameOf(from === 'file' ? (file?.name ?? '') : (source.split('/').at(-1) ?? ''));
  const isMissing = from === 'file' ? file === undefined : source.trim() === '';
  const submit = async () => {
    setTried(true);
    if (resource === undefined || isMissing || name === '') return;
    await work.run(async () => {
      await make(resource, name, from === 'file' ? { upload: true } : { source: source.trim() });
      if (from === 'file' && file !== undefined) uploads.start(name, file);
      await navigate({ to: '/bundles/$name', params: { name } });
    });
  };
  return (
    <Page
      title={say('operator.bring.title')}
      lead={say('operator.bring.lead')}
      trail={{ to: '/bundles', parent: say('operator.bundles.title') }}
    >
      <StackItem>
        <WorkForm
          submit={say(from === 'file' ? 'operator.bring.submit.file' : 'operator.bring.submit.inbox')}
          isDisabled={resource === undefined}
          work={work}
          onSubmit={() => void submit()}
        >
          <FormGroup role="radiogroup" label={say('operator.bring.from')} fieldId="from" isStack>
            <Radio
              id="from-file"
              name="from"
              label={say('operator.bring.from.file')}
              description={say('operator.bring.from.file.help')}
              isChecked={from === 'file'}
              onChange={() => setFrom('file')}
            />
            <Radio
              id="from-inbox"
              name="from"
              label={say('operator.bring.from.inbox')}
              description={say('operator.bring.from.inbox.help')}
              isChecked={from === 'inbox'}
              onChange={() => setFrom('inbox')}
            />
          </FormGroup>
          {from === 'file' ? (
            <FormGroup label={say('operator.bring.file')} fieldId="bundle-file-filename" isRequired>
              <FileUpload
                id="bundle-file"
                filename={file === undefined ? '' : `${file.name} (${bytesText(file.size, language)})`}
                filenamePlaceholder={say('operator.bring.file.drop')}
                filenameAriaLabel={say('operator.bring.file')}
                browseButtonText={say('operator.bring.file.browse')}
                clearButtonText={say('operator.bring.file.clear')}
                hideDefaultPreview
                isClearButtonDisabled={file === undefined}
                validated={wasTried && isMissing ? 'error' : 'default'}
                onFileInputChange={(_event, chosen) => setFile(chosen)}
                onClearClick={() => setFile(undefined)}
              />
              <FieldHelp isWrong={wasTried && isMissing} text={say('operator.bring.file.help')} />
            </FormGroup>
          ) : (
            <TextField
              id="source"
              label={say('operator.bring.source')}
              hint={say('operator.bring.source.help')}
              value={source}
              isRequired
              isWrong={wasTried && isMissing}
              onChange={setSource}
            />
          )}
          <TextField
            id="name"
            label={say('operator.bring.name')}
            hint={say('operator.bring.name.help')}
            value={name}
            isRequired
            isWrong={wasTried && name === ''}
            onChange={setName}
          />
        </WorkForm>
      </StackItem>
    </Page>
  );
}
