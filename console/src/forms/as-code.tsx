/** The same as a manifest and as commands, to be kept in a repository or put into a script. */
import {
  ClipboardCopyButton,
  CodeBlock,
  CodeBlockAction,
  CodeBlockCode,
  Content,
  Title,
  ToggleGroup,
  ToggleGroupItem,
} from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../texts/texts.ts';
import './forms.css';
import { applyCommand, toYaml } from './manifest.ts';
import type { Fields } from './value.ts';

const FORMS = ['yaml', 'kubectl', 'casemate'] as const;
const COPIED_FOR_MS = 1_500;

/** `objects`: in the order in which they are to be made. */
export function AsCode({ objects }: { readonly objects: readonly Fields[] }) {
  const { say } = useTexts();
  const [form, setForm] = useState<(typeof FORMS)[number]>('yaml');
  const [isCopied, setCopied] = useState(false);
  const yaml = objects.map(toYaml).join('---\n');
  const text = form === 'yaml' ? yaml : applyCommand(form, yaml);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <section aria-labelledby="as-code-title">
      <Title headingLevel="h2" size="lg" id="as-code-title">
        {say('ascode.title')}
      </Title>
      <Content component="p">{say('forms.ascode.note')}</Content>
      <ToggleGroup aria-label={say('ascode.title')} isCompact>
        {FORMS.map((one) => (
          <ToggleGroupItem
            key={one}
            text={one === 'yaml' ? 'YAML' : one}
            buttonId={`as-code-${one}`}
            isSelected={one === form}
            onChange={() => setForm(one)}
          />
        ))}
      </ToggleGroup>
      <CodeBlock
        actions={
          <CodeBlockAction>
            <ClipboardCopyButton
              id="as-code-copy"
              textId="as-code-text"
              aria-label={say('copy')}
              variant="plain"
              exitDelay={isCopied ? COPIED_FOR_MS : 0}
              onTooltipHidden={() => setCopied(false)}
              onClick={() => void copy()}
            >
              {say(isCopied ? 'copied' : 'copy')}
            </ClipboardCopyButton>
          </CodeBlockAction>
        }
      >
        <CodeBlockCode id="as-code-text">{text}</CodeBlockCode>
      </CodeBlock>
    </section>
  );
}
