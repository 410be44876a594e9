/** Where a schema leaves everything open: written as YAML. */
import { TextArea } from '@patternfly/react-core';
import { useState } from 'react';
import { readYamlValue, toYamlValue } from './manifest.ts';
import type { InputProps } from './value-input.tsx';

export function YamlInput({ id, value, describedBy, isWrong, isFixed, onChange, onLeave }: InputProps) {
  const [text, setText] = useState(() => toYamlValue(value));
  const [isBroken, setBroken] = useState(false);
  return (
    <TextArea
      id={id}
      className="casemate-code"
      aria-describedby={describedBy}
      validated={isWrong || isBroken ? 'error' : 'default'}
      {...(isFixed ? { readOnlyVariant: 'default' as const } : {})}
      autoResize
      rows={3}
      spellCheck={false}
      value={text}
      onBlur={onLeave}
      onChange={(_event, next) => {
        setText(next);
        const read = readYamlValue(next);
        setBroken(read === undefined);
        if (read !== undefined) onChange(read.value);
      }}
    />
  );
}
