/** In which project: one of those there are, or a new one that is made on the spot. */
import {
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  InputGroup,
  InputGroupItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { askJson } from '../api/client.ts';
import { discovery } from '../api/discovery.ts';
import { type ApiObject, useLiveList } from '../api/live-list.ts';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { FieldNotes, notesId, useProblems } from './field-notes.tsx';
import { fieldId, useForm } from './form-context.ts';
import { nameProblems } from './problems.ts';

const PATH = 'metadata.namespace';

export interface ProjectFieldProps {
  readonly value: string;
  onChange(project: string): void;
}

export function ProjectField({ value, onChange }: ProjectFieldProps) {
  const { say } = useTexts();
  const { leave, original } = useForm();
  const [isMaking, setMaking] = useState(false);
  const { data: resources } = useQuery(discovery);
  const { rows } = useLiveList(
    resources?.find(({ plural, group }) => plural === 'namespaces' && group === ''),
  );
  const isFixed = original !== undefined;
  const isWrong = useProblems(PATH).length > 0;
  const names = rows.map(({ object }) => object.metadata.name);
  const all = value === '' || names.includes(value) ? names : [value, ...names];
  return (
    <FormGroup label={say('forms.field.project')} fieldId={fieldId(PATH)} isRequired>
      <InputGroup>
        <InputGroupItem isFill>
          <FormSelect
            id={fieldId(PATH)}
            aria-describedby={notesId(PATH)}
            isDisabled={isFixed}
            isRequired
            validated={isWrong ? 'error' : 'default'}
            value={value}
            onBlur={() => leave(PATH)}
            onChange={(_event, project) => onChange(project)}
          >
            <FormSelectOption value="" label={say('forms.project.choose')} isPlaceholder />
            {all.map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
        </InputGroupItem>
        {!isFixed && (
          <InputGroupItem>
            <Button variant="control" onClick={() => setMaking(true)}>
              {say('forms.project.new')}
            </Button>
          </InputGroupItem>
        )}
      </InputGroup>
      <FieldNotes path={PATH} description="" isFixed={isFixed} />
      {isMaking && (
        <NewProject
          onClose={() => setMaking(false)}
          onMade={(project) => {
            setMaking(false);
            onChange(project);
          }}
        />
      )}
    </FormGroup>
  );
}

function NewProject({ onClose, onMade }: { onClose(): void; onMade(project: string): void }) {
  const { say } = useTexts();
  const [name, setName] = useState('');
  const [isTried, setTried] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const problems = isTried ? nameProblems(name, true) : [];
  const make = async () => {
    setTried(true);
    if (nameProblems(name, true).length > 0) return;
    try {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      const made = await askJson<ApiObject>('/api/v1/namespaces', { method: 'POST', body });
      onMade(made.metadata.name);
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="new-project-title">
      <ModalHeader
        title={say('forms.project.new')}
        labelId="new-project-title"
        description={say('forms.project.new.note')}
      />
      <ModalBody>
        <Form
          id="new-project"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            // A form within another: its own alone is sent.
            event.stopPropagation();
            void make();
          }}
        >
          <FormGroup label={say('forms.field.name')} fieldId="new-project-name" isRequired>
            <TextInput
              id="new-project-name"
              autoFocus
              isRequired
              autoComplete="off"
              aria-describedby="new-project-notes"
              validated={problems.length > 0 ? 'error' : 'default'}
              value={name}
              onChange={(_event, text) => {
                setName(text);
                setRefusal(undefined);
              }}
            />
            <FormHelperText>
              <HelperText id="new-project-notes" isLiveRegion>
                {problems.map(
                  ({ what }) =>
                    'id' in what && (
                      <HelperTextItem key={what.id} variant="error">
                        {say(what.id, what.values)}
                      </HelperTextItem>
                    ),
                )}
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
        {refusal !== undefined && <Alert variant="danger" isInline title={problemText(refusal, say)} />}
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="new-project">
          {say('forms.project.make')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
