/**
 * What everybody here means by `@patternfly/react-core` (../../../patternfly-words.ts sees to that): the same components, which say in the language
 * of the page what PatternFly says in English by itself, mostly to screen readers.
 */
export * from '@patternfly/react-core';
export { Alert } from './alert.tsx';
export { Breadcrumb } from './breadcrumb.tsx';
export { Button } from './button.tsx';
export { ClipboardCopy } from './clipboard-copy.tsx';
export { FileUpload } from './file-upload.tsx';
export { HelperTextItem } from './helper-text-item.tsx';
export { Label } from './label.tsx';
export { LabelGroup } from './label-group.tsx';
export { Modal } from './modal.tsx';
export { ModalHeader } from './modal-header.tsx';
export { NumberInput } from './number-input.tsx';
export { Popover } from './popover.tsx';
export { SearchInput } from './search-input.tsx';
export { Spinner } from './spinner.tsx';
export { Tabs } from './tabs.tsx';
