/** Any value of the API as a list of its fields, nested where they are. Texts stay texts: nothing that an object says is ever markup. */
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  List,
  ListItem,
} from '@patternfly/react-core';

const DEPTH_MAX = 8;
const ITEMS_SHOWN_MAX = 100;

export function Fields({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }) {
  if (value === null || typeof value !== 'object')
    return <span className="casemate-value">{String(value ?? '')}</span>;
  if (depth >= DEPTH_MAX) return <code>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) {
    return (
      <List isPlain>
        {value.slice(0, ITEMS_SHOWN_MAX).map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items of a list have no other name
          <ListItem key={at}>
            <Fields value={item} depth={depth + 1} />
          </ListItem>
        ))}
        {value.length > ITEMS_SHOWN_MAX && <ListItem>…</ListItem>}
      </List>
    );
  }
  return (
    <DescriptionList isHorizontal isCompact>
      {Object.entries(value).map(([name, field]) => (
        <DescriptionListGroup key={name}>
          <DescriptionListTerm>{name}</DescriptionListTerm>
          <DescriptionListDescription>
            <Fields value={field} depth={depth + 1} />
          </DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}
