import { useTexts } from '../texts/texts.ts';
import { Problem } from './problem.tsx';

export function NotFound() {
  const { say } = useTexts();
  return <Problem isPage error={new Error(say('error.page'))} />;
}
