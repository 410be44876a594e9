/** Who is signed in, and what they chose for this browser: language and appearance. */
import {
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
} from '@patternfly/react-core';
import { useState } from 'react';
import { place } from '../session/place.ts';
import { signOut } from '../session/session.ts';
import { chooseLanguage, LANGUAGES, type Language, useTexts } from '../texts/texts.ts';
import { useIdentity } from './identity.ts';
import { chooseTheme, chosenTheme, THEMES } from './theme.ts';

export function AccountMenu() {
  const { say, language } = useTexts();
  const { name, displayName } = useIdentity();
  const [isOpen, setOpen] = useState(false);
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {displayName}
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem key="account" to={`${place.prefix}/account`} description={name}>
          {say('app.account')}
        </DropdownItem>
      </DropdownList>
      <DropdownGroup label={say('app.language')}>
        <DropdownList>
          {(Object.keys(LANGUAGES) as Language[]).map((one) => (
            <DropdownItem
              key={one}
              lang={one}
              isSelected={one === language}
              onClick={() => void chooseLanguage(one)}
            >
              {LANGUAGES[one]}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <DropdownGroup label={say('app.theme')}>
        <DropdownList>
          {THEMES.map((one) => (
            <DropdownItem
              key={one}
              isSelected={one === theme}
              onClick={() => {
                chooseTheme(one);
                setTheme(one);
              }}
            >
              {say(`app.theme.${one}`)}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <Divider component="div" />
      <DropdownList>
        <DropdownItem key="out" onClick={signOut}>
          {say('app.signOut')}
        </DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
