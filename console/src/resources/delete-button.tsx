/** Deletes what was chosen in a list, after asking; says why it cannot. */
import { Button, Tooltip } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ALLOWED, allowed, type Intent, whyRefused } from '../api/allowed.ts';
import type { Resource } from '../api/discovery.ts';
import type { ApiObject } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';
import { DeleteDialog } from './delete-dialog.tsx';

export interface DeleteButtonProps {
  readonly resource: Resource;
  readonly objects: readonly ApiObject[];
  onDone(): void;
}

export function DeleteButton({ resource, objects, onDone }: DeleteButtonProps) {
  const { say } = useTexts();
  const [isDeleting, setDeleting] = useState(false);
  // Of several projects each says for itself: the dialog tells what was refused.
  const projects = new Set(objects.map(({ metadata }) => metadata.namespace));
  const intent: Intent = { verb: 'delete', resource, project: [...projects][0] };
  const { data: answer = ALLOWED } = useQuery({ ...allowed(intent), enabled: projects.size === 1 });
  const whyNot = objects.length === 0 ? say('list.delete.none') : whyRefused(intent, answer, say);
  return (
    <>
      <Tooltip content={whyNot ?? ''} trigger={whyNot === undefined ? 'manual' : 'mouseenter focus'}>
        <Button variant="danger" isAriaDisabled={whyNot !== undefined} onClick={() => setDeleting(true)}>
          {say('list.delete')}
        </Button>
      </Tooltip>
      {isDeleting && (
        <DeleteDialog
          resource={resource}
          objects={objects}
          onDone={() => {
            setDeleting(false);
            onDone();
          }}
        />
      )}
    </>
  );
}
