/** Makes what looks like a folder: an object without bytes whose name ends with a slash, as other tools make it too. */
import {
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { type FormEvent, useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import { DELIMITER, isTooLong, isUnaddressable } from './keys.ts';
import { askObjects } from './objects-client.ts';
import { refusalText } from './refusal.ts';

const FORM = 'new-folder';

export interface NewFolderDialogProps {
  readonly bucket: string;
  readonly prefix: string;
  /** With the folder's prefix; undefined: none was made. */
  onDone(made: string | undefined): void;
}

export function NewFolderDialog({ bucket, prefix, onDone }: NewFolderDialogProps) {
  const { say } = useTexts();
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const key = `${prefix}${name}${DELIMITER}`;
  const isWrong =
    name.startsWith(DELIMITER) || name.endsWith(DELIMITER) || isTooLong(key) || isUnaddressable(key);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (name === '' || isWrong) return;
    setBusy(true);
    try {
      await askObjects(bucket, { method: 'PUT', key, body: '' });
      onDone(key);
    } catch (error) {
      setProblem(refusalText(error, say));
      setBusy(false);
    }
  };
  return (
    <Modal isOpen variant="small" onClose={() => onDone(undefined)} aria-labelledby="new-folder-title">
      <ModalHeader title={say('storage.folder.new')} labelId="new-folder-title" />
      <ModalBody>
        <Form id={FORM} onSubmit={(event) => void make(event)}>
          <FormGroup label={say('storage.folder.name')} isRequired fieldId="new-folder-name">
            <TextInput
              id="new-folder-name"
              isRequired
              autoFocus
              value={name}
              validated={isWrong ? 'error' : 'default'}
              onChange={(_event, value) => setName(value)}
            />
            <FormHelperText>
              <HelperText>
                <HelperTextItem variant={isWrong ? 'error' : 'default'}>
                  {say('storage.folder.hint')}
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
        {problem !== '' && <Alert component="p" variant="danger" isInline title={problem} />}
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={FORM} isLoading={isBusy} isDisabled={isBusy || name === '' || isWrong}>
          {say('storage.folder.make')}
        </Button>
        <Button variant="link" onClick={() => onDone(undefined)}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
