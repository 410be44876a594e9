/** The way to a folder, each step a link back. */
import { Breadcrumb, BreadcrumbItem, Button } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';
import { DELIMITER, pathOfPrefix, shownName } from './keys.ts';

export interface FolderPathProps {
  readonly bucket: string;
  readonly prefix: string;
  onGo(prefix: string): void;
}

export function FolderPath({ bucket, prefix, onGo }: FolderPathProps) {
  const { say } = useTexts();
  const steps = [{ name: bucket, prefix: '' }, ...pathOfPrefix(prefix)];
  return (
    <Breadcrumb aria-label={say('storage.path')}>
      {steps.map((step) => (
        <BreadcrumbItem
          key={step.prefix}
          isActive={step.prefix === prefix}
          render={() => (
            <Step
              // A folder between two slashes has no name of its own.
              name={shownName(step.name) || DELIMITER}
              isLast={step.prefix === prefix}
              onGo={() => onGo(step.prefix)}
            />
          )}
        />
      ))}
    </Breadcrumb>
  );
}

interface StepProps {
  readonly name: string;
  readonly isLast: boolean;
  onGo(): void;
}

const Step = ({ name, isLast, onGo }: StepProps) =>
  isLast ? (
    <span aria-current="page" className="casemate-name">
      {name}
    </span>
  ) : (
    <Button variant="link" isInline onClick={onGo}>
      {name}
    </Button>
  );
